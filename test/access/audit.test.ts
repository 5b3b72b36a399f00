import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import { auditCall } from '../../bridge/server/audit-line.ts'
import { auditRoutes } from '../../bridge/server/routes/audit.ts'
import { Audit, type NewEntry } from '../../bridge/access/audit.ts'
import { Database } from '../../bridge/store/database.ts'
import { databaseFile } from '../../bridge/store/sqlite.ts'
import { callerAs } from '../support/caller.ts'

const log = pino({ level: 'silent' })
const DAY_MS = 86_400_000

interface Rig extends AsyncDisposable {
  audit: Audit
  database: Database
  file: string
}

async function rig(keepDays = 10): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
  await using opening = new AsyncDisposableStack()
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  const file = databaseFile(folder)
  const database = opening.use(await Database.open({ file, log }))
  const audit = opening.use(await Audit.open(database, keepDays, log))
  // The one that it begins with is over.
  await audit.purge()
  const stack = opening.move()
  return { audit, database, file, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function line(part: Partial<NewEntry> = {}): NewEntry {
  const now = Date.now()
  return {
    at: now,
    who: 'ada',
    via: 'session',
    address: '',
    action: 'a.b',
    input: '{}',
    outcome: 'ok',
    ms: 1,
    ...part,
  }
}

it('keeps what it was told on disk, in order, for whoever opens the file next', async () => {
  await using bench = await rig()
  bench.audit.note(line({ action: 'first' }))
  bench.audit.note(line({ action: 'second' }))
  await bench.database.flushed()
  using other = new DatabaseSync(bench.file, { readOnly: true })
  expect(other.prepare('SELECT action FROM audit ORDER BY id').all()).toEqual([
    { action: 'first' },
    { action: 'second' },
  ])
})

it('cannot be changed, nor shortened before its time', async () => {
  await using bench = await rig()
  bench.audit.note(line())
  await bench.database.flushed()
  using other = new DatabaseSync(bench.file)
  expect(() => other.exec("UPDATE audit SET who = 'bob'")).toThrow(/append-only/)
  expect(() => other.exec('DELETE FROM audit')).toThrow(/kept for its set time/)
})

it('forgets what is older than it is to be kept, and nothing else, however much that is', async () => {
  await using bench = await rig(10)
  for (let i = 0; i < 4100; i++) bench.audit.note(line({ at: Date.now() - 11 * DAY_MS, action: 'old' }))
  bench.audit.note(line({ at: Date.now() - 9 * DAY_MS, action: 'young' }))
  await bench.database.flushed()
  expect(await bench.audit.read({}, { limit: 5000 })).toHaveLength(4101)
  await bench.audit.purge()
  expect((await bench.audit.read({}, { limit: 5000 })).map(({ action }) => action)).toEqual(['young'])
})

it('is read newest first, a page at a time, narrowed by any of its filters', async () => {
  await using bench = await rig()
  const { audit } = bench
  for (let i = 0; i < 5; i++) audit.note(line({ action: `sweep.${i}`, device: i % 2 ? 'dut' : 'cam' }))
  audit.note(line({ action: 'lease.take', who: 'bob', outcome: 'lease.held' }))
  const first = await audit.read({}, { limit: 2 })
  expect(first.map(({ action }) => action)).toEqual(['lease.take', 'sweep.4'])
  const next = await audit.read({}, { before: first[1]?.id, limit: 2 })
  expect(next.map(({ action }) => action)).toEqual(['sweep.3', 'sweep.2'])
  expect(await audit.read({ who: 'bob' }, { limit: 9 })).toHaveLength(1)
  expect(await audit.read({ action: 'sweep.' }, { limit: 9 })).toHaveLength(5)
  expect(await audit.read({ device: 'dut' }, { limit: 9 })).toHaveLength(2)
  expect(await audit.read({ outcome: 'refused' }, { limit: 9 })).toHaveLength(1)
  expect(await audit.read({ from: Date.now() + 1000 }, { limit: 9 })).toHaveLength(0)
})

it('finds one line among many more than it looks through at once, from either end', async () => {
  await using bench = await rig()
  const { audit } = bench
  audit.note(line({ action: 'needle' }))
  for (let i = 0; i < 11_000; i++) audit.note(line())
  await bench.database.flushed()
  expect((await audit.read({ action: 'needle' }, { limit: 1 })).map(({ id }) => id)).toEqual([1])
  const pages = await Array.fromAsync(audit.readAll({}))
  expect(pages.flat().map(({ id }) => id)).toEqual(Array.from({ length: 11_001 }, (_, i) => i + 1))
  expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(500)
})

it('takes what looks like SQL for what it is', async () => {
  await using bench = await rig()
  bench.audit.note(line())
  expect(await bench.audit.read({ who: "' OR 1=1 --" }, { limit: 9 })).toEqual([])
})

it('says once from when to when nothing could be written, why, and how many lines were lost', async () => {
  await using bench = await rig()
  const { audit, database, file } = bench
  using other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  const input = 'x'.repeat(2 ** 20)
  for (let i = 0; i < 10; i++) audit.note(line({ action: `${i}`, input }))
  const recovered = Promise.withResolvers<void>()
  database.health.on((sick) => !sick && recovered.resolve())
  other.exec('ROLLBACK')
  await recovered.promise
  const lines = (await audit.read({}, { limit: 99 })).reverse()
  expect(lines.map(({ action }) => action)).toEqual([...'0123456', 'storage.recovered'])
  expect(lines.at(-1)).toMatchObject({ who: 'bridge', via: 'store' })
  expect(lines.at(-1)?.message).toMatch(
    /^nothing could be written from \d{4}-.*Z to \d{4}-.*Z: .+; 3 lines of the audit were lost$/,
  )
})

it('goes on without an error when old lines cannot be deleted, and with them', async () => {
  await using bench = await rig(10)
  using other = new DatabaseSync(bench.file)
  bench.audit.note(line({ at: Date.now() - 11 * DAY_MS }))
  await bench.database.flushed()
  other.exec('BEGIN IMMEDIATE')
  await expect(bench.audit.purge()).rejects.toMatchObject({ code: 'storage.failed' })
  expect(await bench.audit.read({}, { limit: 9 })).toHaveLength(1)
  other.exec('ROLLBACK')
})

it('writes no secret down', () => {
  const input = { name: 'eve', password: 'hunter2hunter2', current: 'x', nested: { apiToken: 'hunter2' } }
  const result = { ok: true as const, value: {} }
  const kept = auditCall({ name: 'user.add', input, caller: callerAs(), result, ms: 1 })
  expect(kept.input).not.toContain('hunter2')
  expect(kept.input).toContain('eve')
})

it('keeps of a hostile input no more than is useful', () => {
  const loop: Record<string, unknown> = {}
  loop['loop'] = loop
  const result = { ok: false as const, error: { code: 'input.invalid' as const, message: 'x'.repeat(9999) } }
  for (const input of [loop, 'x'.repeat(99_999), undefined, null, 12n]) {
    const kept = auditCall({ name: 'user.add', input, caller: undefined, result, ms: 1 })
    expect(kept.input.length).toBeLessThan(5000)
    expect(kept.message?.length).toBe(500)
    expect(kept).toMatchObject({ who: 'nobody', outcome: 'input.invalid' })
  }
})

/** What the export answers, and its body as somebody receives it. */
async function exported(audit: Audit, stands: () => boolean = () => true): Promise<Readable> {
  const [csv] = auditRoutes(audit)
  const context = { query: {}, attachment() {}, type: '', body: undefined as Readable | undefined }
  await csv?.handle(context as never, callerAs(), stands)
  return context.body!
}

it('is exported so that a spreadsheet runs nothing of it', async () => {
  await using bench = await rig()
  bench.audit.note(line({ who: '=HYPERLINK("http://evil")', message: 'says "no", twice' }))
  const [head, row] = (await text(await exported(bench.audit))).split('\r\n')
  expect(head).toBe('id,at,who,via,address,action,device,input,outcome,message,ms')
  expect(row).toContain(`"'=HYPERLINK(""http://evil"")"`)
  expect(row).toContain('"says ""no"", twice"')
})

it('reads no further for somebody who is gone, and breaks off for one whose right has ended', async () => {
  await using bench = await rig()
  for (let i = 0; i < 3000; i++) bench.audit.note(line({ input: 'x'.repeat(500) }))
  await bench.database.flushed()
  const all = vi.spyOn(bench.database, 'all')
  const left = await exported(bench.audit)
  await once(left, 'readable')
  left.destroy()
  await once(left, 'close')
  expect(all.mock.calls.length).toBeLessThan(6)
  let asked = 0
  await expect(text(await exported(bench.audit, () => ++asked < 3))).rejects.toMatchObject({
    code: 'aborted',
  })
  expect(asked).toBe(3)
})
