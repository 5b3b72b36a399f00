import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { attributed } from '../../bridge/instrument/scpi/asker.ts'
import { Journal, type Noted } from '../../bridge/instrument/scpi/journal.ts'
import { callerAs } from '../support/caller.ts'
import { listen, openSession } from '../support/instrument.ts'

const noted = (part: Partial<Noted>): Noted => ({
  ...{ at: 1, lane: 'control', by: 'driver', who: '', sent: 'Q?', answer: 'A', sentBytes: 3, answerBytes: 1 },
  ...{ waitMs: 0, wireMs: 1 },
  ...part,
})

it('keeps the newest 10,000 and numbers them all', () => {
  const journal = new Journal()
  for (let n = 1; n <= 12_000; n++) journal.add(noted({ sent: `Q${n}?` }))
  const { entries } = journal.read({}, { limit: 20_000 })
  expect(entries).toHaveLength(10_000)
  expect([entries[0]?.sent, entries.at(-1)?.sent, journal.newest]).toEqual(['Q2001?', 'Q12000?', 12_000])
})

it('gives what came after, counts what a slow reader missed, and goes back a page at a time', () => {
  const journal = new Journal(100)
  for (let n = 1; n <= 150; n++) journal.add(noted({ sent: `Q${n}?` }))
  const numbers = (range: Parameters<Journal['read']>[1]): number[] =>
    journal.read({}, range).entries.map(({ n }) => n)
  expect(numbers({ after: 147, limit: 10 })).toEqual([148, 149, 150])
  expect(journal.read({}, { after: 147, limit: 10 }).missed).toBe(0)
  expect(journal.read({}, { after: 20, limit: 10 }).missed).toBe(30 + 90)
  expect(numbers({ before: 148, limit: 3 })).toEqual([145, 146, 147])
  expect(numbers({ limit: 2 })).toEqual([149, 150])
})

it('filters by lane, asker, words and errors', () => {
  const journal = new Journal()
  journal.add(noted({ lane: 'poll', by: 'poll', sent: ':POW?' }))
  journal.add(noted({ by: 'console', who: 'Ada', sent: '*RST', answer: undefined }))
  journal.add(
    noted({
      by: 'share',
      who: 'script (127.0.0.1:5)',
      sent: 'FOO?',
      error: 'device.timeout',
      answer: undefined,
      message: 'no answer',
    }),
  )
  const sent = (filter: Parameters<Journal['read']>[0]): string[] =>
    journal.read(filter, { limit: 10 }).entries.map((entry) => entry.sent)
  expect(sent({ lane: 'poll' })).toEqual([':POW?'])
  expect(sent({ by: 'share' })).toEqual(['FOO?'])
  expect(sent({ polls: 'hide' })).toEqual(['*RST', 'FOO?'])
  expect(sent({ who: 'ada' })).toEqual(['*RST'])
  expect(sent({ text: 'NO ANSWER' })).toEqual(['FOO?'])
  expect(sent({ text: 'o?' })).toEqual(['FOO?'])
  expect(sent({ text: '*rst' })).toEqual(['*RST'])
  expect(sent({ errors: 'only' })).toEqual(['FOO?'])
  expect(sent({ lane: 'poll', by: 'share' })).toEqual([])
  expect([...journal.pages({ by: 'console' })].flat().map((entry) => entry.sent)).toEqual(['*RST'])
})

it('cuts long texts, and lets go of what they were cut from', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const journal = new Journal()
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < 300; n++) journal.add(noted({ answer: `${n}`.repeat(200_000) }))
  expect(journal.read({}, { limit: 1 }).entries[0]?.answer).toHaveLength(201)
  collectGarbage()
  // 300 answers of 200,000 to 600,000 characters: held, they would be 150 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20e6)
})

it('has every exchange of a session: lane, asker, texts, bytes, times and what went wrong', async () => {
  await using instrument = await listen((line, socket) => {
    if (line === 'SYST:ERR?' || line === ':SYST:ERR?') socket.write('-113,"Undefined header"\n')
    else if (line === 'BLOCK?') socket.write('#210ABCDEFGHIJ\n')
    else if (line.endsWith('?') && line !== 'SILENT?') setTimeout(() => socket.write('42\r\n'), 30)
  })
  const { session } = await openSession(instrument.port)
  using _ = session
  const first = session.query('ONE?')
  const second = session.run('bulk', (wire) =>
    wire.block('BLOCK?', { into: (bytes) => new Uint8Array(bytes) }),
  )
  session.abort([':ABOR'])
  await Promise.all([first, second])
  await session.poll((wire) => wire.query('POLL?'))
  await session.query('SILENT?', { deadlineMs: 30 }).catch(() => {})
  const entries = session.line.journal.read({}, { limit: 100 }).entries
  expect(entries.slice(0, 5)).toMatchObject([
    { lane: 'abort', sent: ':ABOR', sentBytes: 6 },
    { lane: 'control', by: 'driver', sent: 'ONE?', answer: '42', sentBytes: 5, answerBytes: 2 },
    { lane: 'bulk', sent: 'BLOCK?', answer: '#2 block of 10 bytes', answerBytes: 10 },
    { lane: 'poll', by: 'poll', sent: 'POLL?', answer: '42' },
    { sent: 'SILENT?', error: 'device.timeout', message: expect.stringMatching(/did not answer SILENT\?/) },
  ])
  expect(entries[1]?.wireMs).toBeGreaterThan(25)
  expect(entries[2]?.waitMs).toBeGreaterThan(25)
  expect(entries[1]?.waitMs).toBeLessThan(entries[2]?.waitMs ?? 0)
  expect(Math.abs((entries[1]?.at ?? 0) - Date.now())).toBeLessThan(10_000)
})

it('calls an error that the instrument reports by its name', async () => {
  let left = 1
  await using instrument = await listen((line, socket) => {
    if (line === ':SYST:ERR?') socket.write(left-- > 0 ? '-222,"Data out of range"\n' : '0,"No error"\n')
  })
  const { session } = await openSession(instrument.port)
  using _ = session
  await session.run('control', (wire) => wire.command('VOLT 1000')).catch(() => {})
  expect(session.line.journal.read({ errors: 'only' }, { limit: 9 }).entries).toMatchObject([
    { sent: ':SYST:ERR?', answer: '-222,"Data out of range"', error: 'scpi.error' },
  ])
  expect(session.line.journal.errors).toBe(1)
})

it('knows by whom a command of a driver was, across everything that the driver waits for', async () => {
  await using instrument = await listen((_, socket) => socket.write('1\n'))
  const { session } = await openSession(instrument.port)
  using _ = session
  const { 'sweep.abort': handler } = attributed({
    'sweep.abort': async () => {
      await sleep(5)
      await session.query('FIRST?')
      await session.run('control', (wire) => wire.query('SECOND?'))
      return {}
    },
  })
  await Promise.all([
    handler?.({ device: 'dut' }, callerAs({ name: 'ada' })),
    handler?.({ device: 'dut' }, callerAs({ name: 'bob' })),
    session.query('DRIVER?'),
  ])
  const who = session.line.journal
    .read({}, { limit: 9 })
    .entries.map((entry) => `${entry.by} ${entry.who} ${entry.sent}`)
  for (const name of ['ada', 'bob'])
    for (const sent of ['FIRST?', 'SECOND?']) expect(who).toContain(`command ${name} (sweep.abort) ${sent}`)
  expect(who).toContain('driver  DRIVER?')
})
