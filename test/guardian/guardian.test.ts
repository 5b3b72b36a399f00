import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest'
import { monotonicMs } from '../../bridge/core/clock.ts'
import type { BenchState } from '../../shared/bench/bench.ts'
import { freePort } from '../support/free-port.ts'
import { GuardedBench } from '../support/guarded-bench.ts'
import { LitInstruments, until } from '../support/lit-bench.ts'

let instruments: LitInstruments
let bench: GuardedBench
beforeAll(async () => {
  instruments = await LitInstruments.start()
})
afterAll(() => instruments[Symbol.asyncDispose]())
beforeEach(async () => {
  bench = await GuardedBench.open(instruments)
})
afterEach(() => bench[Symbol.asyncDispose]())

/** Whether the turret was reset, before its pulse had ended by itself. */
function resetAfter(sinceNs: bigint): boolean {
  const off = instruments.lightOf('turret').at(-1)?.atNs ?? 0n
  return instruments.turret
    .events()
    .realTime.some(({ byte, ns }) => byte === 0x18 && ns > sinceNs && ns < off + 100_000_000n)
}

/** What a bridge that comes after says of the emergency stop. */
async function restarted(): Promise<{ by?: string | undefined; why?: string | undefined; latched: boolean }> {
  await bench.startBridge()
  return (await bench.control()).stop
}

describe('light, when the bridge', () => {
  it('is killed, goes off; the next bridge comes up stopped, and says why', async () => {
    await bench.light(await bench.operate())
    const killedNs = process.hrtime.bigint()
    bench.bridge.child.kill('SIGKILL')
    await bench.darkAfter(killedNs)
    expect(resetAfter(killedNs)).toBe(true)
    const stop = await restarted()
    expect(stop).toMatchObject({ latched: true, by: 'the guardian', why: 'the bridge died' })
    await bench.ready()
    for (const instrument of ['ctp10', 'laser', 'turret'] as const)
      expect(instruments.isLit(instrument)).toBe(false)
  })

  it('hangs, goes off, and the bridge is ended where a device takes one connection', async () => {
    await bench.light(await bench.operate())
    const hungNs = process.hrtime.bigint()
    process.kill(bench.bridge.pid, 'SIGSTOP')
    await bench.darkAfter(hungNs)
    expect(resetAfter(hungNs)).toBe(true)
    await until('the bridge is ended', () => !bench.bridge.running)
    expect(await restarted()).toMatchObject({
      latched: true,
      why: expect.stringMatching(/has not answered/) as string,
    })
  })
})

it('keeps the bridge from emitting while there is no guardian, and says so', async () => {
  const client = await bench.operate()
  bench.guardian.child.kill('SIGKILL')
  await until(
    'the page is told',
    async () => (await bench.topic<BenchState>('bench')).guardian.state === 'lost',
  )
  const refused = await client.ask('ctp.laserOn', { device: 'ctp10', laser: 1 })
  expect(refused).toMatchObject({ ok: false, error: { code: 'guardian.lost' } })
  await bench.startGuardian()
  await until('it is back', async () => (await bench.topic<BenchState>('bench')).guardian.state === 'present')
  await bench.light(client, ['ctp10'])
})

it('ends light when its guardian is killed, and when it hangs', async () => {
  const client = await bench.operate()
  await bench.light(client, ['ctp10', 'laser'])
  bench.guardian.child.kill('SIGSTOP')
  await bench.darkAfter(process.hrtime.bigint(), ['ctp10', 'laser'])
  bench.guardian.child.kill('SIGCONT')
  await until('it is back', async () => (await bench.topic<BenchState>('bench')).guardian.state === 'present')
})

it('presses the stop and ends, when it fails by its own fault', async () => {
  await bench.bridge.end()
  // A program that has no fault is given one from outside.
  const fault = 'process.on("SIGUSR2", () => { throw new Error("a fault") })'
  await bench.startBridge(['--import', `data:text/javascript,${encodeURIComponent(fault)}`])
  await bench.light(await bench.operate())
  const failedNs = process.hrtime.bigint()
  bench.bridge.child.kill('SIGUSR2')
  await bench.darkAfter(failedNs)
  expect(resetAfter(failedNs)).toBe(true)
  expect(await restarted()).toMatchObject({ latched: true, by: 'the bridge', why: 'it failed: a fault' })
})

it('stops by its own port, with a ticket, whatever the bridge does', async () => {
  await bench.light(await bench.operate())
  const { guardian } = await bench.topic<BenchState>('bench')
  const { value } = (await bench.get('api/estop/ticket')) as { value: { ticket: string } }
  const press = (body: object): Promise<Response> =>
    fetch(`http://127.0.0.1:${guardian.port}/api/estop`, { method: 'POST', body: JSON.stringify(body) })
  expect((await press({ ticket: `${value.ticket}x` })).status).toBe(403)
  expect((await press({ ticket: value.ticket, why: 'x'.repeat(2000) })).status).toBe(413)
  const answer = (await (await press({ ticket: value.ticket, why: 'smoke' })).json()) as unknown
  expect(answer).toMatchObject({ ok: true, value: { by: 'bridge' } })
  expect((await bench.control()).stop).toMatchObject({ latched: true, why: 'smoke' })
  expect(existsSync(join(bench.dataDir, 'emergency-stop.json'))).toBe(true)
})

it('keeps a bridge down that has died five times in ten minutes, says why on its own page, and still stops', async () => {
  await bench.ready()
  await bench.bridge.end()
  await bench.guardian.end()
  const file = join(bench.dataDir, 'guardian.json')
  const kept = JSON.parse(await readFile(file, 'utf8')) as { web: { port: number } }
  const port = await freePort()
  const deaths = Array.from({ length: 5 }, () => monotonicMs())
  await writeFile(file, JSON.stringify({ ...kept, web: { ...kept.web, port }, deaths }))
  await bench.startGuardian()
  await expect(bench.startBridge()).rejects.toThrow(/ended with 75/)
  const guardian = `http://127.0.0.1:${port}`
  await until('its port is open', () =>
    fetch(guardian).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  expect(await (await fetch(guardian)).text()).toMatch(/five|5 times in ten minutes/)
  const answer = await (await fetch(`${guardian}/api/estop`, { method: 'POST' })).json()
  expect(answer).toMatchObject({ ok: true, value: { by: 'guardian' } })
  await until('every device has been made safe', async () => {
    const { value } = (await (await fetch(`${guardian}/health`)).json()) as {
      value: { devices: Record<string, { outcome?: { state: string } }> }
    }
    return Object.values(value.devices).every(({ outcome }) => outcome?.state === 'proven')
  })
})
