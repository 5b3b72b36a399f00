import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'

const fixtures = new URL('../fixtures/data-folder-307277c/', import.meta.url)

/**
 * Makes a data folder as the version of commit 307277c left one, which had no audit chain and wrote passwords down. Its
 * own code made it: the databases are dumps of SQLite's shell, the other files are in base64.
 */
export async function writeOldDataFolder(dataDir: string): Promise<void> {
  const read = (name: string): Promise<string> => readFile(new URL(name, fixtures), 'utf8')
  const files = z.record(z.string(), z.base64()).parse(JSON.parse(await read('files.json')))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dataDir, path)), { recursive: true, mode: 0o755 })
    await writeFile(join(dataDir, path), Buffer.from(content, 'base64'))
  }
  for (const name of ['lightbench', 'watches']) {
    using db = new DatabaseSync(join(dataDir, `${name}.db`))
    db.exec(`PRAGMA journal_mode = WAL; ${await read(`${name}.sql`)}`)
  }
}
