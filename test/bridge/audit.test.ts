import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { auditCall } from '../../bridge/server/audit-line.ts'
import { auditRoutes } from '../../bridge/server/routes/audit.ts'
import { Audit, type NewEntry } from '../../bridge/store/audit.ts'
import { databaseFile, openDatabase } from '../../bridge/store/sqlite.ts'
import { callerAs } from '../support/caller.ts'

const DAY_MS = 86_400_000

async function rig(keepDays = 10): Promise<{ audit: Audit; db: DatabaseSync; file: string }> {
  const file = databaseFile(await mkdtemp(join(tmpdir(), 'lightbench-')))
  const db = openDatabase(file)
  const audit = new Audit(db, keepDays, pino({ level: 'silent' }))
  onTestFinished(() => {
    audit[Symbol.dispose]()
    db.close()
  })
  return { audit, db, file }
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
  const { audit, file } = await rig()
  audit.note(line({ action: 'first' }))
  audit.note(line({ action: 'second' }))
  audit[Symbol.dispose]()
  const other = new DatabaseSync(file, { readOnly: true })
  expect(other.prepare('SELECT action FROM audit ORDER BY id').all()).toEqual([
    { action: 'first' },
    { action: 'second' },
  ])
  other.close()
})

it('cannot be changed, nor shortened before its time', async () => {
  const { audit, db } = await rig()
  audit.note(line())
  audit.read({}, { limit: 1 })
  expect(() => db.exec("UPDATE audit SET who = 'bob'")).toThrow(/append-only/)
  expect(() => db.exec('DELETE FROM audit')).toThrow(/kept for its set time/)
})

it('forgets what is older than it is to be kept, and nothing else', async () => {
  const { audit } = await rig(10)
  audit.note(line({ at: Date.now() - 11 * DAY_MS, action: 'old' }))
  audit.note(line({ at: Date.now() - 9 * DAY_MS, action: 'young' }))
  expect(audit.read({}, { limit: 10 })).toHaveLength(2)
  audit.purge()
  expect(audit.read({}, { limit: 10 }).map(({ action }) => action)).toEqual(['young'])
})

it('is read newest first, a page at a time, narrowed by any of its filters', async () => {
  const { audit } = await rig()
  for (let i = 0; i < 5; i++) audit.note(line({ action: `sweep.${i}`, device: i % 2 ? 'dut' : 'cam' }))
  audit.note(line({ action: 'lease.take', who: 'bob', outcome: 'lease.held' }))
  const first = audit.read({}, { limit: 2 })
  expect(first.map(({ action }) => action)).toEqual(['lease.take', 'sweep.4'])
  const next = audit.read({}, { before: first[1]?.id, limit: 2 })
  expect(next.map(({ action }) => action)).toEqual(['sweep.3', 'sweep.2'])
  expect(audit.read({ who: 'bob' }, { limit: 9 })).toHaveLength(1)
  expect(audit.read({ action: 'sweep.' }, { limit: 9 })).toHaveLength(5)
  expect(audit.read({ device: 'dut' }, { limit: 9 })).toHaveLength(2)
  expect(audit.read({ outcome: 'refused' }, { limit: 9 })).toHaveLength(1)
  expect(audit.read({ from: Date.now() + 1000 }, { limit: 9 })).toHaveLength(0)
})

it('takes what looks like SQL for what it is', async () => {
  const { audit } = await rig()
  audit.note(line())
  expect(audit.read({ who: "' OR 1=1 --" }, { limit: 9 })).toEqual([])
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

it('is exported so that a spreadsheet runs nothing of it', async () => {
  const { audit } = await rig()
  audit.note(line({ who: '=HYPERLINK("http://evil")', message: 'says "no", twice' }))
  const [csv] = auditRoutes(audit)
  const context = {
    query: {},
    attachment() {},
    type: '',
    body: undefined as AsyncIterable<string> | undefined,
  }
  await csv?.handle(context as never, callerAs(), () => true)
  let text = ''
  for await (const part of context.body ?? []) text += part
  const [head, row] = text.split('\r\n')
  expect(head).toBe('id,at,who,via,address,action,device,input,outcome,message,ms')
  expect(row).toContain(`"'=HYPERLINK(""http://evil"")"`)
  expect(row).toContain('"says ""no"", twice"')
})
