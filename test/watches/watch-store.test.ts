import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { beforeEach, expect, it } from 'vitest'
import { type Watch, watch as watchSchema } from '../../shared/watches/watch.ts'
import type { Batch, Finished } from '../../bridge/watches/store/watch-storage.ts'
import { WatchStore } from '../../bridge/watches/store/watch-store.ts'
import { WatchTables } from '../../bridge/watches/store/watch-tables.ts'

const id = 'a'.repeat(16)
const saved: Watch = watchSchema.parse({
  ...{
    id,
    name: 'region',
    revision: 1,
    createdAt: 0,
    savedAt: 0,
    savedBy: 'olga',
    paused: false,
    muted: false,
  },
  what: { kind: 'picture', device: 'cam', condition: { is: 'changed' } },
})
const nothing: Batch = { saved: [], finished: [], queue: [], posted: [], delivered: [] }
let folder: string
let tables: WatchTables

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
  tables = new WatchTables(join(folder, 'watches.db'), join(folder, 'watches'))
  tables.commit({ ...nothing, saved: [{ watch: saved }] })
  return () => tables.close()
})

function check(seq: number, picture?: Uint8Array): Finished {
  const body = { seq, at: seq, tookMs: 1, outcome: 'ok', ...(picture && { snapshot: 'image' }) }
  const done = { watch: id, seq, check: JSON.stringify(body), state: '{}', number: 0, news: false }
  return { ...done, keepChecks: 10, keepSnapshots: 0, ...(picture && { picture }) }
}

it('keeps the picture that the next check is compared with, however many checks ago it was taken', () => {
  const file = join(folder, 'watches', id, '1.png')
  tables.commit({ ...nothing, finished: [check(1, new Uint8Array(4))] })
  for (let seq = 2; seq <= 100; seq++) tables.commit({ ...nothing, finished: [check(seq)] })
  expect(existsSync(file)).toBe(true)
  expect(tables.snapshot(id, 100, true)).toMatchObject({ seq: 1, kind: 'image' })
  const seqs = tables.history(id, Infinity, 500, false).map(({ seq }) => seq)
  expect(seqs.length).toBeLessThan(50)
  expect(seqs.at(-1)).toBe(1)
  tables.commit({ ...nothing, finished: [check(101, new Uint8Array(4))] })
  expect(existsSync(file)).toBe(false)
})

it('has what entered the queue anew, after it had left it a moment before', () => {
  const entered = { by: 'olga', at: 1 }
  tables.commit({ ...nothing, queue: [{ watch: id, entered }, { watch: id }, { watch: id, entered }] })
  expect(tables.load().queue).toEqual([{ watch: id, by: 'olga' }])
  tables.commit({ ...nothing, queue: [{ watch: id, entered }, { watch: id }] })
  expect(tables.load().queue).toEqual([])
})

it('moves a damaged database aside, with all that belongs to it, and begins with an empty one', async () => {
  const file = join(folder, 'damaged.db')
  const first = new WatchTables(file, join(folder, 'watches'))
  first.commit({ ...nothing, saved: [{ watch: saved }] })
  expect(first.load()).toMatchObject({ watches: [{ watch: saved }], movedAside: undefined })
  first.close()
  for (const content of ['', 'no database at all '.repeat(500)]) {
    await writeFile(file, content)
    const again = new WatchTables(file, join(folder, 'watches'))
    const { movedAside, watches } = again.load()
    expect(watches).toEqual([])
    expect(await readFile(movedAside!, 'utf8')).toBe(content)
    again.close()
    await rm(movedAside!)
  }
})

it('keeps what cannot be written, in its order, until the disk takes it', async () => {
  const log = pino({ level: 'silent' })
  await using store = new WatchStore(join(folder, 'locked'), log)
  await store.ask('load')
  const other = new DatabaseSync(store.file)
  other.exec('BEGIN IMMEDIATE')
  store.note((batch) => batch.saved.push({ watch: saved }))
  await expect(store.flushed()).rejects.toMatchObject({ code: 'storage.failed' })
  expect(store.health.sick?.why).toContain('watches.db is locked by another program')
  store.note((batch) => batch.finished.push(check(1)))
  // What is kept can still be read.
  expect(await store.ask('history', id, 9, 9, false)).toEqual([])
  other.exec('ROLLBACK')
  other.close()
  await store.flushed()
  expect(store.health.sick).toBeUndefined()
  expect((await store.ask('history', id, 9, 9, false)).map(({ seq }) => seq)).toEqual([1])
  expect((await store.ask('load')).watches).toMatchObject([{ watch: saved }])
})
