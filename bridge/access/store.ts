import type { Row, Statement } from '../core/tables.ts'
import type { StoreHealth } from '../store/health.ts'

/** What access needs of the database: the bridge's own in its thread, or the command line's beside it. */
export interface AccessStore {
  migrate(owner: string, steps: readonly string[]): Promise<void>
  get(sql: string): Promise<Row | undefined>
  /** Does all statements or none, on the disk when it resolves with the rows that each has changed. Rejects with `storage.full` or `storage.failed`. */
  write(...statements: readonly Statement[]): Promise<number[]>
  /** Writes behind; of several with one key the last alone. */
  later(statement: Statement, key?: string): void
  /** Hears that another program has written. The answer ends it. */
  onForeignChange(listener: () => void): () => void
  readonly health: Pick<StoreHealth, 'on'>
}
