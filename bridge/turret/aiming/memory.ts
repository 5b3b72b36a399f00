import type { z } from 'zod'
import type { Logger } from '../../core/log.ts'
import type { Tables } from '../../core/tables.ts'

const STEPS = [
  'CREATE TABLE turret_memory (turret TEXT, name TEXT, body TEXT NOT NULL, PRIMARY KEY (turret, name)) STRICT',
]

/** What a turret is set to in the bridge, and not in its controller, across restarts: each under a name of its own. */
export class TurretMemory {
  readonly #tables: Tables
  readonly #turret: string
  readonly #log: Logger
  readonly #bodies: ReadonlyMap<string, string>

  private constructor(tables: Tables, turret: string, log: Logger, bodies: ReadonlyMap<string, string>) {
    this.#tables = tables
    this.#turret = turret
    this.#log = log
    this.#bodies = bodies
  }

  /** Reads all that is kept of a turret. */
  static async open(tables: Tables, turret: string, log: Logger): Promise<TurretMemory> {
    await tables.migrate('turret memory', STEPS)
    const rows = await tables.all('SELECT name, body FROM turret_memory WHERE turret = ?', turret)
    const bodies = new Map(rows.map(({ name, body }) => [String(name), String(body)]))
    return new TurretMemory(tables, turret, log, bodies)
  }

  /** As it was when the bridge started. Undefined when nothing was kept; what cannot be read any more is logged, and is nothing. */
  read<S extends z.ZodType>(name: string, schema: S): z.output<S> | undefined {
    const body = this.#bodies.get(name)
    if (body === undefined) return undefined
    const found = schema.safeParse(JSON.parse(body))
    if (found.success) return found.data
    this.#log.error({ turret: this.#turret, name, error: found.error }, 'what is kept of it cannot be read')
    return undefined
  }

  write(name: string, value: unknown): void {
    this.#tables.later(
      {
        sql: 'INSERT INTO turret_memory VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
        values: [this.#turret, name, JSON.stringify(value)],
      },
      `turret memory/${this.#turret}/${name}`,
    )
  }
}
