import type { DatabaseSync } from 'node:sqlite'
import type { z } from 'zod'
import type { Logger } from '../core/log.ts'

/** Its tables, by migration steps. */
export const MEMORY_STEPS = [
  'CREATE TABLE turret_memory (turret TEXT, name TEXT, body TEXT NOT NULL, PRIMARY KEY (turret, name)) STRICT',
]

/** What a turret is set to in the bridge, and not in its controller, across restarts: each under a name of its own. */
export class TurretMemory {
  readonly #db: DatabaseSync
  readonly #turret: string
  readonly #log: Logger

  constructor(db: DatabaseSync, turret: string, log: Logger) {
    this.#db = db
    this.#turret = turret
    this.#log = log
  }

  /** Undefined when nothing is kept; what cannot be read any more is logged, and is nothing. */
  read<S extends z.ZodType>(name: string, schema: S): z.output<S> | undefined {
    const row = this.#db
      .prepare('SELECT body FROM turret_memory WHERE turret = ? AND name = ?')
      .get(this.#turret, name)
    if (!row) return undefined
    const found = schema.safeParse(JSON.parse(String(row['body'])))
    if (found.success) return found.data
    this.#log.error({ turret: this.#turret, name, error: found.error }, 'what is kept of it cannot be read')
    return undefined
  }

  write(name: string, value: unknown): void {
    this.#db
      .prepare('INSERT INTO turret_memory VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body')
      .run(this.#turret, name, JSON.stringify(value))
  }
}
