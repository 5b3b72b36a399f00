import { expect, it } from 'vitest'
import type { LaserConfig } from '../../bridge/turret/grbl/config.ts'
import { LightLedger } from '../../bridge/turret/grbl/light-ledger.ts'
import { TestMemory } from '../support/device-memory.ts'

const CONFIG: LaserConfig = {
  longestPulseMs: 2000,
  mostPulses: 20,
  dutyPercent: 20,
  powerPercent: 100,
  cooldownMs: 30_000,
  dwellStepMs: 50,
}
const burst = { pulses: 1, pulseMs: 1000, gapMs: 0, powerPercent: 50 }
const read = (memory: TestMemory): Promise<LightLedger> => LightLedger.read(memory, CONFIG)
const upMs = (): number => Number(process.hrtime.bigint() / 1_000_000n)

it('knows of no light at first', async () => {
  const ledger = await read(new TestMemory())
  expect(ledger).toMatchObject({ fireCount: 0, cooledAt: -Infinity, lastEndedAt: undefined })
  expect(() => ledger.require(burst)).not.toThrow()
})

it('is not shortened by a death of the bridge in the pulse, or in the gap before it', async () => {
  for (const gapMs of [0, 20_000]) {
    const memory = new TestMemory()
    const ledger = await read(memory)
    await ledger.keepAhead(1500, gapMs)
    const after = await read(memory)
    expect(after.fireCount).toBe(1)
    // The pulse ends 1500 ms after it has left, at the latest when the gap is over and its answer was as late as it may be.
    expect(after.cooledAt - performance.now()).toBeGreaterThan(gapMs + 1500 + CONFIG.cooldownMs)
    expect(() => after.require(burst)).toThrow('wait some seconds')
  }
})

it('goes on with duty, count and cooldown where they were', async () => {
  const memory = new TestMemory()
  const ledger = await read(memory)
  ledger.add(performance.now() - 1500, performance.now())
  ledger.cooledAt = performance.now() + 10_000
  await ledger.keep()
  const after = await read(memory)
  expect(after).toMatchObject({ fireCount: 1, lastEndedAt: ledger.lastEndedAt })
  expect(after.cooledAt).toBeCloseTo(ledger.cooledAt, -2)
  expect(() => after.require(burst)).toThrow('25 % of light')
  expect(() => after.require({ ...burst, pulseMs: 450 })).not.toThrow()
})

it('takes the shorter of the times that may have passed when the clock was set', async () => {
  const memory = new TestMemory()
  const kept = { fireCount: 3, cooldownMs: 30_000, light: [{ from: -1500, to: 0 }] }
  const cooledIn = async (at: number, up: number): Promise<number> => {
    await memory.write('light', { ...kept, at, upMs: up })
    return (await read(memory)).cooledAt - performance.now()
  }
  expect(await cooledIn(Date.now() - 10_000, upMs() - 10_000)).toBeCloseTo(20_000, -2)
  // Set an hour forward, or back.
  expect(await cooledIn(Date.now() - 3_600_000, upMs() - 10_000)).toBeCloseTo(20_000, -2)
  expect(await cooledIn(Date.now() + 3_600_000, upMs() - 10_000)).toBeCloseTo(30_000, -2)
  // The machine was started anew.
  expect(await cooledIn(Date.now() - 10_000, upMs() + 5_000_000)).toBeCloseTo(20_000, -2)
})

it('takes what it cannot read for light that has just ended', async () => {
  const memory = new TestMemory()
  for (const text of ['{"at":', '{"fireCount":"many"}', 'null']) {
    memory.kept.set('light', text)
    expect((await read(memory)).cooledAt - performance.now()).toBeGreaterThan(29_000)
  }
})
