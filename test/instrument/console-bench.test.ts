import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { JournalEntry } from '../../shared/instrument/journal.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import { Script } from './share-rig.ts'

const TRACE = ':TRAC:SENS4:CHAN1:TYPE1:DATA? BIN,DB'
const BLOCK_BYTES = 8 + 376_004 + 2

let bridge: Awaited<ReturnType<typeof startBridge>>
let instrument: Awaited<ReturnType<typeof startCtp10>>
let holder: Client
let other: Client
let port = 0
let beating: NodeJS.Timeout | undefined

beforeAll(async () => {
  instrument = await startCtp10(['--swept'])
  const device = { driver: 'instrument.exfo-ctp10', resource: instrument.ready.resource }
  bridge = await startBridge(
    await writeBench({
      devices: {
        dut: { ...device, share: { port: 0, lockSeconds: 1 } },
        mute: { ...device, resource: 'TCPIP::127.0.0.1::1::SOCKET', console: false },
      },
    }),
  )
  holder = await Client.operate(bridge.ready.url)
  // Whatever the driver does not know to be dark needs the heartbeat.
  await holder.call('lease.beat', { active: true })
  beating = setInterval(() => void holder.ask('lease.beat', { active: true }), 200)
  other = await Client.connect(bridge.ready.url)
  while (!(await line()).open) await sleep(50)
  port = Number((await line()).share?.port)
}, 30_000)

afterAll(async () => {
  clearInterval(beating)
  holder[Symbol.dispose]()
  other[Symbol.dispose]()
  await bridge.end()
  await instrument.end()
})

interface LineNow {
  open: boolean
  share?: { port: number }
  clients: Record<string, { who: string; wire: string }>
  lock?: { who: string }
}

async function line(): Promise<LineNow> {
  return (await other.call('topic.read', { topic: 'line/dut' })).snapshot as unknown as LineNow
}

async function journal(filter: object): Promise<JournalEntry[]> {
  return (await other.call('journal.read', { device: 'dut', ...filter })).entries
}

it('sends several messages in order, each with its answer, its time and what the instrument says of it', async () => {
  const text = '*IDN?\n\n  *OPC?\nFOO:BAR\n*ESE?'
  const { exchanges } = await holder.call('console.send', { device: 'dut', text })
  expect(exchanges).toMatchObject([
    { sent: '*IDN?', kind: 'text', text: 'EXFO,CTP10,SIM000001,1.5.0', errors: [] },
    { sent: '*OPC?', kind: 'text', text: '1', errors: [] },
    { sent: 'FOO:BAR', kind: 'none', bytes: 0, errors: [{ code: -113 }] },
    { sent: '*ESE?', kind: 'text', text: '0', errors: [] },
  ])
  expect((await journal({ by: 'console', who: 'local', text: 'FOO:BAR' }))[0]).toMatchObject({
    lane: 'control',
  })
})

it('shows a binary answer as such, and has the whole of it to fetch', async () => {
  const { exchanges } = await other.call('console.send', { device: 'dut', text: TRACE })
  expect(exchanges).toMatchObject([
    { kind: 'binary', bytes: BLOCK_BYTES, hex: expect.stringMatching(/^2336333736303034/) },
  ])
  const answer = await fetch(bridge.ready.url + exchanges[0]!.download!)
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect(bytes).toHaveLength(BLOCK_BYTES)
  expect(bytes.toString('hex', 0, 64)).toBe(exchanges[0]!.hex)
  expect((await fetch(`${bridge.ready.url}/api/devices/dut/answers/nothing`)).status).toBe(404)
})

it('says why a query has no answer, and stops there', async () => {
  const text = 'FOO:BAR?\n*IDN?'
  const { exchanges } = await other.call('console.send', { device: 'dut', text, deadlineMs: 100 })
  expect(exchanges).toMatchObject([
    { sent: 'FOO:BAR?', kind: 'failed', error: { code: 'device.timeout' }, errors: [{ code: -113 }] },
  ])
})

it('is for queries without the lease, and for everything with it; nothing is sent when one message may not', async () => {
  const { newest } = await other.call('journal.read', { device: 'dut', limit: 1 })
  await expect(other.call('console.send', { device: 'dut', text: '*ESE?\n*RST' })).rejects.toMatchObject({
    code: 'lease.required',
  })
  expect(await journal({ after: newest, by: 'console' })).toEqual([])
  await holder.call('console.send', { device: 'dut', text: '*CLS' })
})

it('is not to be had where bench.yaml says so', async () => {
  await expect(holder.call('console.send', { device: 'mute', text: '*IDN?' })).rejects.toMatchObject({
    code: 'device.unsupported',
  })
})

it('completes what the driver knows', async () => {
  const { headers, errorQueue } = await other.call('console.describe', { device: 'dut' })
  expect(headers).toContain(':CTP:SENSe<s>:CHANnel<c>:POWer?')
  expect(errorQueue).toBe(true)
})

it('has polls, commands of people and shared programs in the journal, each by name', async () => {
  using script = await Script.connect(port)
  expect(await script.ask('*IDN?')).toBe('EXFO,CTP10,SIM000001,1.5.0')
  await holder.call('sweep.abort', { device: 'dut' })
  expect((await journal({ lane: 'poll', limit: 5 })).length).toBe(5)
  expect(await journal({ lane: 'abort' })).toMatchObject([
    { by: 'command', who: 'local (sweep.abort)', sent: ':ABOR' },
  ])
  expect(await journal({ by: 'share' })).toMatchObject([{ who: script.name, sent: '*IDN?' }])
  await expect
    .poll(async () => Object.values((await line()).clients))
    .toMatchObject([{ who: script.name, wire: 'socket' }])
})

it('follows a journal by asking for what came after, without a gap', async () => {
  const first = await other.call('journal.read', { device: 'dut', limit: 1 })
  let { newest } = first
  const numbers: number[] = []
  for (let n = 0; n < 5; n++) {
    await sleep(120)
    const next = await other.call('journal.read', { device: 'dut', after: newest, limit: 1000 })
    expect(next.missed).toBe(0)
    newest = next.newest
    numbers.push(...next.entries.map((entry) => entry.n))
  }
  expect(numbers.length).toBeGreaterThan(10)
  expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
})

it('exports the journal as JSON lines and CSV, narrowed by the same filter', async () => {
  const lines = await fetch(`${bridge.ready.url}/api/devices/dut/journal.jsonl?by=console`)
  const entries = (await lines.text())
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row) as JournalEntry)
  expect(entries.length).toBeGreaterThan(3)
  expect(new Set(entries.map(({ by }) => by))).toEqual(new Set(['console']))
  const table = await (await fetch(`${bridge.ready.url}/api/devices/dut/journal.csv?text=FOO:BAR`)).text()
  expect(table.split('\r\n')[0]).toBe(
    'n,at,lane,by,who,sent,answer,sentBytes,answerBytes,waitMs,wireMs,error,message',
  )
  expect(table).toContain('console,local,FOO:BAR')
  expect((await fetch(`${bridge.ready.url}/api/devices/dut/journal.csv?lane=nowhere`)).status).toBe(400)
  expect((await fetch(`${bridge.ready.url}/api/devices/nothing/journal.csv`)).status).toBe(404)
})

it('lets a shared program only ask while the lease is held, act when it is free, and not at all after a stop', async () => {
  using script = await Script.connect(port)
  script.write('*ESE 4')
  expect(await script.ask('*ESE?')).toBe('0')
  expect(await script.ask('SYST:ERR?')).toMatch(/^-203,"Command protected;local holds the lease/)
  await holder.call('lease.release', {})
  script.write('*ESE 4')
  expect(await script.ask('*ESE?')).toBe('4')
  expect(await script.ask('SYST:LOCK:REQ?')).toBe('1')
  await expect.poll(async () => (await line()).lock?.who).toBe(script.name)
  await other.call('estop.press', {})
  await expect.poll(async () => (await line()).lock).toBeUndefined()
  script.write('*ESE 8')
  expect(await script.ask('*ESE?')).toBe('4')
  expect(await script.ask('SYST:ERR?')).toMatch(/emergency stop/)
})
