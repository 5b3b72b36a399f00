import type { Row, Statement } from '../core/tables.ts'

/** What the store's thread does for the bridge. */
export type DatabaseJobs = {
  /** Opens the database; whatever is asked for first does so too. */
  open: (input: object) => void
  /** The rows of a query, all at once: who asks for many asks for a page of them. */
  query: (statement: Statement) => Row[]
  /** Does all of the statements in one transaction, or none: answers the rows that each has changed. `durable`: on the disk, whatever happens to the power. */
  write: (input: { statements: readonly Statement[]; durable: boolean }) => number[] | Promise<number[]>
  migrate: (input: { owner: string; steps: readonly string[] }) => void
}

/** What the thread says by itself: another program has written into the database. */
export interface ForeignChange {
  changed: true
}
