import type { AuditEntry, AuditFilter } from '../../shared/access/audit.ts'
import { call } from '../link/call.ts'
import { withNewest } from './audit-filter.ts'

const PAGE = 100

/** The lines of the audit that are on the screen, newest first. */
export class AuditLog {
  lines = $state.raw<AuditEntry[]>([])
  busy = $state(false)
  /** Whether there is nothing older. */
  complete = $state(false)
  problem = $state<string>()
  #filter: AuditFilter = {}
  #turn = 0

  /** Begins anew with what this filter lets through. */
  async show(filter: AuditFilter): Promise<void> {
    this.#filter = filter
    await this.#ask({}, (newest) => {
      this.lines = newest
      this.complete = newest.length < PAGE
    })
  }

  /** Puts what has happened since before the rest. */
  async refresh(): Promise<void> {
    await this.#ask({}, (newest) => {
      const lines = withNewest(newest, this.lines, PAGE)
      if (lines === newest) this.complete = newest.length < PAGE
      this.lines = lines
    })
  }

  /** Goes on with older ones. */
  async more(): Promise<void> {
    const before = this.lines.at(-1)?.id
    if (before === undefined || this.busy) return
    await this.#ask({ before }, (older) => {
      this.lines = [...this.lines, ...older]
      this.complete = older.length < PAGE
    })
  }

  async #ask(where: { before?: number }, take: (lines: AuditEntry[]) => void): Promise<void> {
    const turn = ++this.#turn
    this.busy = true
    try {
      const lines = await call('audit.read', { ...this.#filter, ...where, limit: PAGE })
      if (turn !== this.#turn) return
      take(lines)
      this.problem = undefined
    } catch (error) {
      if (turn === this.#turn) this.problem = error instanceof Error ? error.message : String(error)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }
}
