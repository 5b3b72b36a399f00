import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { until } from '../support/lit-bench.ts'
import { SafetyBench, turret } from './turret-safety-rig.ts'
import { byHand, Scene } from './turret-safety-scene.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const COOLDOWN_MS = 60_000
const LONG_PULSE = { pulses: 1, pulseMs: 3000 }
let bench: SafetyBench

beforeAll(async () => {
  bench = await SafetyBench.open({
    laser: { longestPulseMs: 3000, cooldownMs: COOLDOWN_MS, dutyPercent: 100 },
  })
})
afterAll(() => bench[Symbol.asyncDispose]())

it('remembers light that was on when it was killed: count and cooldown are no shorter for it', async () => {
  await bench.prepare()
  await using scene = new Scene(bench)
  await byHand({ ...LONG_PULSE, powerPercent: 5 })(scene)
  await until('there is light', () => bench.sim.events().light.length > 0)
  const killedAt = Date.now()
  await bench.restart()
  await bench.opened()
  const { laser } = await bench.root.turret()
  expect(laser).toMatchObject({ enabled: false, ready: false, fireCount: 1 })
  expect(laser!.missing).toContain('it is cooling down')
  expect(laser!.cooldownUntil! - killedAt).toBeGreaterThan(COOLDOWN_MS)
  // Killed again it does not forget either.
  await bench.restart()
  await bench.opened()
  const again = (await bench.root.turret()).laser!
  expect(again.fireCount).toBe(1)
  expect(Math.abs(again.cooldownUntil! - laser!.cooldownUntil!)).toBeLessThan(100)
  const { client } = bench.root
  await client.call('lease.seize', {})
  bench.root.beat()
  for (const interlock of ['key', 'button']) await client.call('interlock.set', { interlock, closed: true })
  await client.call('turret.home', turret)
  await client.call('laser.enable', turret)
  const fired = await client.ask('laser.fire', { ...turret, powerPercent: 5 })
  expect(fired).toMatchObject({
    ok: false,
    error: { code: 'laser.unready', message: expect.stringContaining('cooling down') },
  })
})
