import { BenchError } from '../../shared/errors.ts'

const CLOSES_AFTER_MS = 8000

/** One failure on the screen, and how often it happened. */
export interface Toast {
  id: number
  code: string
  message: string
  device: string | undefined
  times: number
}

/** The failures that people have not dismissed yet. */
class Toasts {
  items = $state<Toast[]>([])
  #next = 1
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()

  /** Shows an error; the same one again only counts. */
  report(error: unknown): void {
    const code = error instanceof BenchError ? error.code : 'internal'
    const device = error instanceof BenchError ? error.device : undefined
    const message = error instanceof Error ? error.message : String(error)
    const same = this.items.find(
      (item) => item.code === code && item.message === message && item.device === device,
    )
    if (same) {
      same.times += 1
      this.release(same.id)
      return
    }
    const id = this.#next++
    this.items.push({ id, code, message, device, times: 1 })
    this.release(id)
  }

  /** Takes one off the screen. */
  dismiss(id: number): void {
    this.hold(id)
    this.items = this.items.filter((item) => item.id !== id)
  }

  /** Someone reads it: it stays. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
  }

  /** Nobody reads it any more: it goes by itself. */
  release(id: number): void {
    this.hold(id)
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), CLOSES_AFTER_MS),
    )
  }
}

/** This page's toasts. */
export const toasts = new Toasts()
