import type { DatabaseSync } from 'node:sqlite'
import type { AccessStore } from '../access/store.ts'
import type { Row, Statement } from '../core/tables.ts'
import { migrate } from '../store/sqlite.ts'

/** The bench's database for one command: nobody waits meanwhile, and nothing is left to be written behind. */
export class DirectStore implements AccessStore {
  readonly health = { on: () => () => {} }
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  migrate(owner: string, steps: readonly string[]): Promise<void> {
    return Promise.try(() => migrate(this.#db, owner, steps))
  }

  get(sql: string): Promise<Row | undefined> {
    return Promise.try(() => this.#db.prepare(sql).get())
  }

  write(...statements: readonly Statement[]): Promise<number[]> {
    return Promise.try(() => this.#transact(statements))
  }

  later(statement: Statement): void {
    try {
      this.#transact([statement])
    } catch {
      // What is written behind is no reason why a command fails: whoever has to have it written uses `write`.
    }
  }

  onForeignChange(): () => void {
    return () => {}
  }

  #transact(statements: readonly Statement[]): number[] {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const changes = statements.map(({ sql, values = [] }) =>
        Number(this.#db.prepare(sql).run(...values).changes),
      )
      this.#db.exec('COMMIT')
      return changes
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }
}
