import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { TestMemory } from '../support/device-memory.ts'
import { startGrbl } from '../support/grbl-wire.ts'
import { type OpenTurret, openTurret } from './turret-rig.ts'

/** Near enough to the switches that homing is quick. */
const NEAR = ['--from-home', '5,5']

/** The driver, homed, on a simulator in a process of its own. */
async function homed(laser: Record<string, unknown> = {}, args: string[] = []) {
  const sim = await startGrbl([...NEAR, ...args])
  const turret = await openTurret(sim.resource, { laser })
  onTestFinished(async () => {
    await turret.device[Symbol.asyncDispose]()
    await sim[Symbol.asyncDispose]()
  })
  await turret.call('turret.home')
  return { ...turret, sim }
}

async function enabled(laser: Record<string, unknown> = {}) {
  const turret = await homed({ cooldownMs: 0, dutyPercent: 100, longestPulseMs: 2000, ...laser })
  await turret.call('laser.enable')
  return turret
}

const ms = (from: bigint, to: bigint): number => Number(to - from) / 1e6
const resting = (turret: OpenTurret): Promise<void> =>
  expect.poll(() => turret.state().moving, { timeout: 4000 }).toBe(false)

it('homes and knows where it points', async () => {
  const { state } = await homed()
  expect(state()).toMatchObject({ homed: true, position: { pan: 98, tilt: 48 }, moving: false, switches: [] })
  expect(state().alarm).toBeUndefined()
})

it('moves, waits for its arrival, and the newest of two moves wins', async () => {
  const { call, state } = await homed()
  expect(await call('turret.move', { pan: 90, tilt: 40, wait: true })).toEqual({ pan: 90, tilt: 40 })
  expect(state()).toMatchObject({ position: { pan: 90, tilt: 40 }, moving: false })
  const first = expect(call('turret.move', { pan: 0, wait: true })).rejects.toMatchObject({ code: 'aborted' })
  await sleep(150)
  await call('turret.move', { pan: 80, wait: true })
  await first
  expect(state().position).toEqual({ pan: 80, tilt: 40 })
})

it('halts a plain move when whoever ordered it is gone, and keeps where it points', async () => {
  const { call, state, device } = await homed()
  await call('turret.move', { pan: 90, tilt: 40, wait: true })
  const move = expect(call('turret.move', { pan: -90, wait: true })).rejects.toMatchObject({
    code: 'aborted',
  })
  await expect.poll(() => state().position!.pan, { timeout: 4000 }).toBeLessThan(85)
  device.endMotion?.()
  await move
  const { pan } = state().position!
  expect(pan).toBeGreaterThan(-80)
  expect(state()).toMatchObject({ moving: false, homed: true })
  expect(await call('turret.move', { pan: 1, relative: true, wait: true })).toMatchObject({ pan: pan + 1 })
})

it('cuts off homing when whoever ordered it is gone, and does not know then where it points', async () => {
  const { call, state, device } = await homed({}, ['--from-home', '90,40'])
  const home = expect(call('turret.home')).rejects.toMatchObject({ code: 'aborted' })
  await expect.poll(() => state().activity, { timeout: 4000 }).toBe('homing')
  device.endMotion?.()
  await home
  expect(state()).toMatchObject({ homed: false, moving: false })
})

it('moves relatively, and at the speed that is asked for', async () => {
  const { call, state } = await homed()
  await call('turret.move', { pan: 90, tilt: 40, wait: true })
  const begun = performance.now()
  await call('turret.move', { pan: -5, relative: true, speed: 10, wait: true })
  expect(performance.now() - begun).toBeGreaterThan(480)
  expect(performance.now() - begun).toBeLessThan(800)
  expect(state().position).toEqual({ pan: 85, tilt: 40 })
})

it('jogs while the call is repeated, and comes to rest by itself', async () => {
  const { call, state, sim, device } = await homed()
  await call('turret.move', { pan: 90, tilt: 40, wait: true })
  for (let i = 0; i < 6; i++) {
    await call('turret.jog', { pan: -30 })
    await sleep(100)
  }
  expect(state().activity).toBe('jogging')
  const { position } = state()
  expect(position!.pan).toBeLessThan(82)
  await resting({ state, device } as OpenTurret)
  const jogs = sim.events().realTime.filter(({ byte }) => byte === 0x85)
  expect(jogs.length).toBeGreaterThan(0)
  // 0.1 s to the end of the last call, 0.1 s more, and the way to brake.
  expect(state().position!.pan).toBeGreaterThan(60)
  expect(state().alarm).toBeUndefined()
  expect(state().homed).toBe(true)
})

it('jogs no further than the limits', async () => {
  const { call, state, device } = await homed()
  await call('turret.move', { pan: 90, tilt: 40, wait: true })
  for (let i = 0; i < 8; i++) {
    await call('turret.jog', { pan: 60, tilt: 10 })
    await sleep(80)
  }
  await resting({ state, device } as OpenTurret)
  expect(state().position!.pan).toBe(95)
  expect(state().position!.tilt).toBeGreaterThan(42)
})

it('a jog that loses its bridge ends by itself', async () => {
  const { call, sim, device } = await homed()
  await call('turret.jog', { pan: -60 })
  await sleep(150)
  await call('turret.jog', { pan: -60 })
  sim.fault('DROP')
  const dropped = process.hrtime.bigint()
  await expect.poll(() => sim.events().motion.at(-1)?.moving, { timeout: 3000 }).toBe(false)
  expect(ms(dropped, sim.events().motion.at(-1)!.ns)).toBeLessThan(600)
  await device.stop().catch(() => {})
})

it('halts with deceleration and keeps its position', async () => {
  const { call, state, sim } = await homed()
  const move = expect(call('turret.move', { pan: 0, wait: true })).rejects.toMatchObject({ code: 'aborted' })
  await sleep(400)
  await call('turret.halt')
  await move
  await expect.poll(() => sim.events().motion.at(-1)!.moving).toBe(false)
  expect(state()).toMatchObject({ homed: true, moving: false })
  expect(state().alarm).toBeUndefined()
  const pan = state().position!.pan
  expect(pan).toBeGreaterThan(50)
  await call('turret.move', { pan: 90, wait: true })
})

it('cuts homing off', async () => {
  const sim = await startGrbl()
  const { call, state, device } = await openTurret(sim.resource)
  const home = expect(call('turret.home')).rejects.toMatchObject({ code: 'aborted' })
  await sleep(300)
  await call('turret.halt')
  await home
  await expect.poll(() => state().alarm?.code).toBe(6)
  expect(state()).toMatchObject({ homed: false, moving: false })
  await device[Symbol.asyncDispose]()
  await sim[Symbol.asyncDispose]()
})

it('stops in mid-move: the motors stand still within milliseconds of the call, and it is confirmed', async () => {
  const { call, device, sim, state } = await homed()
  await call('turret.move', { pan: 0 })
  await sleep(400)
  expect(sim.events().motion.at(-1)!.moving).toBe(true)
  const stopped = process.hrtime.bigint()
  await device.stop()
  await expect.poll(() => sim.events().motion.at(-1)!.moving).toBe(false)
  const { motion } = sim.events()
  expect(ms(stopped, motion.at(-1)!.ns)).toBeLessThan(100)
  expect(state()).toMatchObject({ moving: false, homed: false, alarm: { code: 3 } })
  await expect(call('turret.move', { pan: 0 })).rejects.toMatchObject({ code: 'turret.unhomed' })
})

it('ending emission leaves motion alone', async () => {
  const { call, device, sim, state } = await homed()
  await call('turret.move', { pan: 80, tilt: 40 })
  await sleep(100)
  device.endEmission?.()
  await resting({ state, device } as OpenTurret)
  expect(state()).toMatchObject({ position: { pan: 80, tilt: 40 }, homed: true })
  // The one reset was that of the opening.
  expect(sim.events().realTime.filter(({ byte }) => byte === 0x18)).toHaveLength(1)
})

it('waits for a board that starts anew when its port is opened', async () => {
  const sim = await startGrbl([...NEAR, '--reset-on-connect', '--reset-ms', '1500'])
  const { state, device, call } = await openTurret(sim.resource)
  expect(state().alarm).toMatchObject({ message: expect.stringContaining('turret.home') })
  await call('turret.home')
  expect(state().homed).toBe(true)
  await device[Symbol.asyncDispose]()
  await sim[Symbol.asyncDispose]()
})

it('brakes a jog that an earlier bridge has left, so that its position is kept', async () => {
  const sim = await startGrbl(['--settings', '22=0'])
  const first = await openTurret(sim.resource)
  await first.call('turret.move', { pan: 0, tilt: 0 })
  await sleep(100)
  sim.fault('DROP')
  await expect.poll(() => first.faults.length).toBe(1)
  await first.device[Symbol.asyncDispose]()
  const { state, device } = await openTurret(sim.resource)
  await expect.poll(() => sim.events().motion.at(-1)!.moving).toBe(false)
  expect(state()).toMatchObject({ moving: false })
  expect(state().alarm).toBeUndefined()
  expect(state().position!.pan).toBeGreaterThan(20)
  await device[Symbol.asyncDispose]()
  await sim[Symbol.asyncDispose]()
})

it('fires pulses that are as long and as many as asked for', async () => {
  const { call, sim, state } = await enabled()
  expect(await call('laser.fire', { pulses: 3, pulseMs: 100, gapMs: 100, powerPercent: 40 })).toEqual({
    pulses: 3,
  })
  await expect.poll(() => sim.events().light.length).toBe(6)
  const { light } = sim.events()
  expect(light.map(({ on }) => on)).toEqual([true, false, true, false, true, false])
  for (const i of [0, 2, 4]) {
    expect(light[i]!.power).toBeCloseTo(0.4, 1)
    const long = ms(light[i]!.ns, light[i + 1]!.ns)
    expect(long).toBeGreaterThanOrEqual(99)
    expect(long).toBeLessThan(130)
  }
  expect(ms(light[1]!.ns, light[2]!.ns)).toBeGreaterThanOrEqual(99)
  expect(state().laser?.fireCount).toBe(3)
})

it.each(['stop', 'endEmission', 'disable', 'caller'] as const)(
  'ends a burst in mid-pulse: %s',
  async (how) => {
    const turret = await enabled()
    const { call, device, sim, state } = turret
    const caller = new AbortController()
    const fire = call('laser.fire', { pulses: 5, pulseMs: 1000, gapMs: 50 }, caller.signal)
    const fired = expect(fire).rejects.toMatchObject({ code: 'aborted' })
    await expect.poll(() => sim.events().light.length).toBe(1)
    await sleep(200)
    const ended = process.hrtime.bigint()
    if (how === 'stop') await device.stop()
    else if (how === 'endEmission') device.endEmission?.()
    else if (how === 'disable') await call('laser.disable')
    else caller.abort()
    await expect.poll(() => sim.events().light.length).toBe(2)
    expect(ms(ended, sim.events().light[1]!.ns)).toBeLessThan(100)
    await fired
    await sleep(400)
    expect(sim.events().light).toHaveLength(2)
    expect(state().laser).toMatchObject({ enabled: false, emitting: false, fireCount: 1 })
    // Nothing moved, so nothing was lost.
    expect(state()).toMatchObject({ homed: true })
    expect(state().alarm).toBeUndefined()
  },
)

it('leaves no more than one pulse behind when its line is cut in a burst', async () => {
  const { call, sim, faults } = await enabled()
  const fire = call('laser.fire', { pulses: 5, pulseMs: 200, gapMs: 100 }).catch((error: unknown) => error)
  await expect.poll(() => sim.events().light.length).toBe(3)
  sim.fault('DROP')
  expect(await fire).toMatchObject({ code: 'connection.lost' })
  expect(faults).toHaveLength(1)
  await sleep(800)
  expect(sim.events().light.at(-1)!.on).toBe(false)
  expect(sim.events().light.length).toBeLessThanOrEqual(4)
})

it('opened again after a lost line it is dark, not enabled, unhomed, and keeps count and cooldown', async () => {
  const sim = await startGrbl(NEAR)
  const memory = new TestMemory()
  const first = await openTurret(sim.resource, {
    memory,
    laser: { longestPulseMs: 2000, cooldownMs: 60_000 },
  })
  await first.call('turret.home')
  await first.call('laser.enable')
  const fire = first.call('laser.fire', { pulseMs: 2000 }).catch(() => {})
  await expect.poll(() => sim.events().light.length).toBe(1)
  sim.fault('DROP')
  await fire
  await first.device[Symbol.asyncDispose]()
  const second = await openTurret(sim.resource, { topic: first.topic, memory })
  await expect.poll(() => sim.events().light.at(-1)!.on).toBe(false)
  expect(second.state()).toMatchObject({
    homed: false,
    laser: { enabled: false, fireCount: 1, ready: false },
  })
  expect(second.state().laser?.missing).toContain('it is cooling down')
  await second.device[Symbol.asyncDispose]()
  await sim[Symbol.asyncDispose]()
})

it('a controller that says nothing makes the stop fail, and is faulted', { timeout: 15_000 }, async () => {
  const { device, sim, faults } = await homed()
  sim.fault('SILENT')
  await sleep(50)
  await expect(device.stop()).rejects.toMatchObject({ code: 'device.timeout' })
  await expect.poll(() => faults, { timeout: 5000 }).toMatchObject([{ code: 'device.timeout' }])
})

it('shows a limit switch that is met, in words, and is to be homed again', async () => {
  const { call, sim, state } = await homed()
  await call('turret.move', { pan: 0 })
  await sleep(300)
  sim.fault('LIMIT X')
  await expect.poll(() => state().alarm?.code).toBe(1)
  await expect.poll(() => state().switches).toEqual(['pan'])
  expect(state()).toMatchObject({ homed: false, moving: false })
  sim.fault('RELEASE X')
  await expect.poll(() => state().switches).toEqual([])
  await call('turret.home')
  expect(state().homed).toBe(true)
})

it('takes the light of the last 10 s into account', async () => {
  const { call } = await enabled({ dutyPercent: 5, longestPulseMs: 500 })
  await call('laser.fire', { pulseMs: 300 })
  await expect(call('laser.fire', { pulseMs: 300 })).rejects.toMatchObject({
    code: 'laser.bounds',
    message: expect.stringContaining('5 %'),
  })
  await call('laser.fire', { pulseMs: 100 })
})
