import { z } from 'zod'
import type { SecretStorage, StoredSecret } from '../core/named-secrets.ts'
import type { Tables } from '../core/tables.ts'

const steps = [
  `CREATE TABLE named_secret (
    name TEXT PRIMARY KEY, value TEXT NOT NULL, hosts TEXT NOT NULL, saved_at INTEGER NOT NULL, saved_by TEXT NOT NULL
  ) STRICT`,
]

const row = z.object({
  name: z.string(),
  value: z.string(),
  hosts: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
  saved_at: z.number(),
  saved_by: z.string(),
})

/** Named secrets in the bench's database, which its owner alone can read. */
export class SecretTable implements SecretStorage {
  readonly #tables: Tables

  private constructor(tables: Tables) {
    this.#tables = tables
  }

  static async open(tables: Tables): Promise<SecretTable> {
    await tables.migrate('secrets', steps)
    return new SecretTable(tables)
  }

  async load(): Promise<StoredSecret[]> {
    return (await this.#tables.all('SELECT * FROM named_secret')).map((each) => {
      const { name, value, hosts, saved_at, saved_by } = row.parse(each)
      return { name, value, hosts, savedAt: saved_at, savedBy: saved_by }
    })
  }

  async save({ name, value, hosts, savedAt, savedBy }: StoredSecret): Promise<void> {
    await this.#tables.run(
      'INSERT OR REPLACE INTO named_secret (name, value, hosts, saved_at, saved_by) VALUES (?, ?, ?, ?, ?)',
      ...[name, value, JSON.stringify(hosts), savedAt, savedBy],
    )
  }

  async remove(name: string): Promise<void> {
    await this.#tables.run('DELETE FROM named_secret WHERE name = ?', name)
  }
}
