import { BenchError } from '../../shared/wire/errors.ts'

const SHOWN_MS = 8000
const MOST = 5

/** What can still be done about what a toast says. */
export interface ToastAction {
  text: string
  act: () => void
}

/** One failure on the screen, and how often it happened; or, without a code, something that went well. */
export interface Toast {
  id: number
  code: string | undefined
  message: string
  device: string | undefined
  times: number
  action?: ToastAction | undefined
}

/** The failures that people have not dismissed yet: the newest last, the same one counted instead of repeated. */
class Toasts {
  list = $state<Toast[]>([])
  #next = 1
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()

  /** Shows what went wrong. */
  report(error: unknown): void {
    const code = error instanceof BenchError ? error.code : 'internal'
    const device = error instanceof BenchError ? error.device : undefined
    const message = error instanceof Error ? error.message : String(error)
    const same = this.list.find(
      (toast) => toast.code === code && toast.message === message && toast.device === device,
    )
    if (same) {
      same.times += 1
      this.release(same.id)
      return
    }
    this.#show({ code, message, device, times: 1 })
  }

  /** Says that something is done, and what can still be done about it. */
  note(message: string, action?: ToastAction): void {
    this.#show({ code: undefined, message, device: undefined, times: 1, action })
  }

  /** Takes one off the screen. */
  dismiss(id: number): void {
    this.hold(id)
    this.list = this.list.filter((toast) => toast.id !== id)
  }

  /** Somebody reads it: it stays. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
  }

  /** Nobody reads it any more: it goes by itself. */
  release(id: number): void {
    this.hold(id)
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), SHOWN_MS),
    )
  }

  #show(toast: Omit<Toast, 'id'>): void {
    const id = this.#next++
    for (const old of this.list.slice(0, Math.max(0, this.list.length + 1 - MOST))) this.dismiss(old.id)
    this.list.push({ id, ...toast })
    this.release(id)
  }
}

/** This page's toasts. */
export const toasts = new Toasts()

/** Does something that may fail, and shows it when it does. Whether it was done. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action()
    return true
  } catch (error) {
    toasts.report(error)
    return false
  }
}
