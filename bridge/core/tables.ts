import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'

/** One statement of SQL with what stands for its question marks. */
export interface Statement {
  sql: string
  values?: readonly SQLInputValue[]
}

export type Row = Record<string, SQLOutputValue>

/** The bench's database as a domain knows it: tables of its own, and no thread or file. */
export interface Tables {
  /** Brings the tables of one owner up to date, by steps of SQL that are never changed once published. */
  migrate(owner: string, steps: readonly string[]): Promise<void>
  /** The rows of a query. Rejects with `storage.failed` when they cannot be read. */
  all(sql: string, ...values: SQLInputValue[]): Promise<Row[]>
  /** The first row of a query; undefined when there is none. */
  get(sql: string, ...values: SQLInputValue[]): Promise<Row | undefined>
  /** Does all of the statements or none; on the disk when it resolves. Rejects with `storage.full` or `storage.failed`. */
  write(...statements: readonly Statement[]): Promise<number[]>
  /** The same for one statement: resolves with the rows it has changed. */
  run(sql: string, ...values: SQLInputValue[]): Promise<number>
  /** Writes behind, within 50 ms on a disk that takes it: all of the statements together, or none. Of several that wait with one `key` the last alone is written. */
  later(statements: Statement | readonly Statement[], key?: string): void
  /** Resolves once all that was given to `later` is on the disk; rejects when the disk does not take it. */
  flushed(): Promise<void>
}
