import type { WatchCheck } from '../../../shared/watches/watch-history.ts'
import { call } from '../../link/call.ts'

const PAGE = 50
/** A watch that is checked ten times a second is not asked for ten times a second. */
const AGAIN_MS = 1000

/** The checks of one watch, newest first, kept up to date. */
export class CheckHistory {
  checks = $state.raw<readonly WatchCheck[]>([])
  only = $state<'all' | 'news'>('news')
  complete = $state(false)
  known = $state(false)
  problem = $state<string>()
  readonly #id: string
  #timer: ReturnType<typeof setTimeout> | undefined
  #turn = 0
  #askedAt = 0

  constructor(id: string) {
    this.#id = id
  }

  /** Asks for the newest, now or as soon as it is due. */
  refresh(): void {
    const wait = this.#askedAt + AGAIN_MS - Date.now()
    if (wait <= 0) void this.#ask()
    else this.#timer ??= setTimeout(() => void this.#ask(), wait)
  }

  /** Shows all checks, or only what was news. */
  show(only: 'all' | 'news'): void {
    this.only = only
    this.checks = []
    this.known = false
    void this.#ask()
  }

  /** Goes on where the list ends. */
  async more(): Promise<void> {
    const last = this.checks.at(-1)
    if (!last) return
    const turn = ++this.#turn
    try {
      const older = await call('watch.history', {
        id: this.#id,
        only: this.only,
        limit: PAGE,
        before: last.seq,
      })
      if (turn !== this.#turn) return
      this.checks = [...this.checks, ...older]
      this.complete = older.length < PAGE
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#turn += 1
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#askedAt = Date.now()
    const turn = ++this.#turn
    try {
      const newest = await call('watch.history', { id: this.#id, only: this.only, limit: PAGE })
      if (turn !== this.#turn) return
      const oldest = newest.at(-1)?.seq ?? Infinity
      const older = newest.length < PAGE ? [] : this.checks.filter(({ seq }) => seq < oldest)
      if (older.length === 0) this.complete = newest.length < PAGE
      this.checks = [...newest, ...older]
      this.known = true
      this.problem = undefined
    } catch (error) {
      if (turn === this.#turn) this.problem = error instanceof Error ? error.message : String(error)
    }
  }
}
