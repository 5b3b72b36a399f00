import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Database } from '../../bridge/store/database.ts'
import type { StoreSickness } from '../../shared/diagnostics/storage.ts'

const log = pino({ level: 'silent' })
const STEPS = ['CREATE TABLE note (at INTEGER, text TEXT) STRICT']
let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lightbench-database-'))
  file = join(folder, 'data', 'lightbench.db')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function open(): Promise<Database> {
  const database = await Database.open({ file, log })
  await database.migrate('notes', STEPS)
  return database
}

describe('a database in a thread of its own', () => {
  it('does all statements of a write or none, and says how many rows each has changed', async () => {
    await using database = await open()
    const insert = 'INSERT INTO note VALUES (?, ?)'
    expect(
      await database.write(
        { sql: insert, values: [1, 'a'] },
        { sql: insert, values: [2, 'b'] },
        { sql: 'DELETE FROM note' },
      ),
    ).toEqual([1, 1, 2])
    await expect(
      database.write({ sql: insert, values: [1, 'a'] }, { sql: 'INSERT INTO nothing VALUES (1)' }),
    ).rejects.toMatchObject({ code: 'internal' })
    expect(await database.all('SELECT * FROM note')).toEqual([])
    expect(database.health.sick).toBeUndefined()
  })

  it('writes behind in order, the last of each key alone', async () => {
    await using database = await open()
    const note = (at: number, text: string) => ({ sql: 'INSERT INTO note VALUES (?, ?)', values: [at, text] })
    database.later(note(1, 'first'))
    database.later(note(2, 'old'), 'seen')
    database.later(note(3, 'new'), 'seen')
    await database.flushed()
    expect(await database.all('SELECT text FROM note ORDER BY rowid')).toEqual([
      { text: 'first' },
      { text: 'new' },
    ])
  })

  it('leaves out what is wrong among what is written behind, and nothing else', async () => {
    await using database = await open()
    for (const at of [1, 2, 3])
      database.later({
        sql: at === 2 ? 'INSERT INTO nothing VALUES (?)' : "INSERT INTO note VALUES (?, '')",
        values: [at],
      })
    await database.flushed()
    expect(await database.all('SELECT at FROM note ORDER BY at')).toEqual([{ at: 1 }, { at: 3 }])
    expect(database.behindBytes).toBe(0)
  })

  it('hears of what another program has written, and not of its own', async () => {
    await using database = await open()
    const changes: string[] = []
    const changed = Promise.withResolvers<void>()
    database.onForeignChange(() => {
      changes.push('changed')
      changed.resolve()
    })
    await database.run('INSERT INTO note VALUES (1, ?)', 'own')
    await new Promise((resolve) => setTimeout(resolve, 450))
    expect(changes).toEqual([])
    const other = new DatabaseSync(file)
    other.exec("INSERT INTO note VALUES (2, 'foreign')")
    other.close()
    await changed.promise
    expect(await database.get('SELECT count(*) AS n FROM note')).toEqual({ n: 2 })
  })

  it('is sick while another program holds a lock, reads all the same, keeps what is written behind, and recovers', async () => {
    await using database = await open()
    const recovered = Promise.withResolvers<StoreSickness | undefined>()
    database.health.on((sick, wasSick) => {
      if (!sick) recovered.resolve(wasSick)
    })
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    const refused = database.run('INSERT INTO note VALUES (1, ?)', 'now')
    database.later({ sql: 'INSERT INTO note VALUES (2, ?)', values: ['behind'] })
    expect(await database.all('SELECT * FROM note')).toEqual([])
    await expect(refused).rejects.toMatchObject({
      code: 'storage.failed',
      message: expect.stringContaining('locked by another program') as string,
    })
    expect(database.health.sick).toMatchObject({ lost: 0 })
    other.exec('ROLLBACK')
    other.close()
    expect(await recovered.promise).toMatchObject({ lost: 0 })
    await database.flushed()
    expect(database.health.sick).toBeUndefined()
    expect(await database.all('SELECT text FROM note')).toEqual([{ text: 'behind' }])
  })

  it('counts what finds no room any more while the disk takes nothing', async () => {
    await using database = await open()
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    const text = 'x'.repeat(2 ** 20)
    for (let i = 0; i < 10; i++) database.later({ sql: 'INSERT INTO note VALUES (?, ?)', values: [i, text] })
    expect(database.behindBytes).toBeLessThanOrEqual(16 * 2 ** 20)
    expect(database.health.sick).toMatchObject({ lost: 3 })
    other.exec('ROLLBACK')
    other.close()
    await database.flushed()
    expect(await database.get('SELECT count(*) AS n FROM note')).toEqual({ n: 7 })
  })

  it('refuses what it cannot trust, naming the file and what to do', async () => {
    await (await open())[Symbol.asyncDispose]()
    const newer = new DatabaseSync(file)
    newer.exec("UPDATE migration SET version = 7 WHERE owner = 'notes'")
    newer.close()
    await using database = await Database.open({ file, log })
    await expect(database.migrate('notes', STEPS)).rejects.toMatchObject({
      code: 'storage.failed',
      message: expect.stringMatching(/lightbench\.db is of a newer Lightbench .*version 7/) as string,
    })
    for (const [content, words] of [
      ['', /lightbench\.db is empty \(0 bytes\).*lightbench restore/],
      ['x'.repeat(8192), /lightbench\.db is damaged .*lightbench restore/],
    ] as const) {
      const other = join(folder, `${content.length}`, 'lightbench.db')
      await (await Database.open({ file: other, log }))[Symbol.asyncDispose]()
      await writeFile(other, content)
      await expect(Database.open({ file: other, log }), words.source).rejects.toMatchObject({
        code: 'storage.failed',
        message: expect.stringMatching(words) as string,
      })
    }
  })
})
