import { BenchError } from '../../shared/errors.ts'

const SHOWN_MS = 8000
const MOST = 5

export interface Toast {
  id: number
  code: string
  message: string
  times: number
}

/** Errors as people see them: newest last, the same one counted instead of repeated. */
class Toasts {
  list = $state<Toast[]>([])
  #next = 1
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()

  /** Shows what went wrong. */
  report(error: unknown): void {
    const code = error instanceof BenchError ? error.code : 'internal'
    const message = error instanceof Error ? error.message : String(error)
    const same = this.list.find((toast) => toast.code === code && toast.message === message)
    if (same) {
      same.times += 1
      this.#expire(same.id)
      return
    }
    const id = this.#next++
    this.list = [...this.list.slice(1 - MOST), { id, code, message, times: 1 }]
    this.#expire(id)
  }

  dismiss(id: number): void {
    this.hold(id)
    this.list = this.list.filter((toast) => toast.id !== id)
  }

  /** Somebody is reading it: it stays. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
  }

  release(id: number): void {
    this.#expire(id)
  }

  #expire(id: number): void {
    this.hold(id)
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), SHOWN_MS),
    )
  }
}

/** The page's one list of errors. */
export const toasts = new Toasts()

/** Does something that may fail, and shows it when it does. Answers undefined then. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    toasts.report(error)
    return undefined
  }
}
