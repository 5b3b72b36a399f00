import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startGrbl } from '../support/grbl-wire.ts'
import { openTurret } from './turret-rig.ts'

vi.setConfig({ testTimeout: 20_000 })

/** Near enough to the switches that homing is quick. */
const NEAR = ['--from-home', '5,5']
const FIRMWARES = ['Grbl', 'grblHAL', 'FluidNC']
const within = { timeout: 5000, interval: 10 }

/** The driver on a simulator in a process of its own. */
async function open(args: string[] = [], laser: Record<string, unknown> = {}) {
  const sim = await startGrbl([...NEAR, ...args])
  const bounds = { cooldownMs: 0, dutyPercent: 100, longestPulseMs: 2000, ...laser }
  const turret = await openTurret(sim.resource, { laser: bounds })
  onTestFinished(async () => {
    await turret.device[Symbol.asyncDispose]()
    await sim[Symbol.asyncDispose]()
  })
  return { ...turret, sim }
}

async function homed(...args: Parameters<typeof open>) {
  const turret = await open(...args)
  await turret.call('turret.home')
  return turret
}

async function enabled(...args: Parameters<typeof open>) {
  const turret = await homed(...args)
  await turret.call('laser.enable')
  return turret
}

/** Arms a fault before what comes next: the simulator has said that it is armed. */
async function arm({ fault, program }: Awaited<ReturnType<typeof startGrbl>>, words: string): Promise<void> {
  const told = (): number => program.output.filter((line) => line.includes(`"fault":"${words}"`)).length
  const before = told()
  fault(words)
  await expect.poll(told, within).toBe(before + 1)
}

const ms = (from: bigint, to: bigint): number => Number(to - from) / 1e6

describe('a homing that fails', () => {
  it.each(FIRMWARES)('is not believed, and nothing is fired after an unlock: %s', async (firmware) => {
    const { call, sim, state } = await open(['--firmware', firmware, '--settings', '130=20,131=20'])
    await arm(sim, 'NOSWITCH X')
    await expect(call('turret.home')).rejects.toMatchObject({
      code: 'turret.alarm',
      message: expect.stringContaining('did not find a limit switch'),
    })
    expect(state()).toMatchObject({ homed: false, alarm: { code: 9 } })
    await call('turret.unlock')
    expect(state().homed).toBe(false)
    expect(state().position).toBeUndefined()
    await expect(call('laser.enable')).rejects.toMatchObject({
      code: 'laser.unready',
      message: expect.stringContaining('not homed'),
    })
    await expect(call('turret.move', { pan: 1 })).rejects.toMatchObject({ code: 'turret.unhomed' })
  })

  it('for the safety door says so', async () => {
    const { call, sim, state } = await open(['--from-home', '60,40'])
    const home = expect(call('turret.home')).rejects.toMatchObject({
      code: 'turret.alarm',
      message: expect.stringContaining('door was opened while homing'),
    })
    await expect.poll(() => sim.events().motion.at(-1)?.moving, within).toBe(true)
    sim.fault('DOOR')
    await home
    sim.fault('CLOSE')
    expect(state()).toMatchObject({ homed: false, alarm: { code: 7 } })
  })
})

describe('what the controller does by itself in a burst', () => {
  it.each(
    FIRMWARES.flatMap((firmware) =>
      [
        ['HOLD', 'Hold:0'],
        ['DOOR', 'Door:1'],
      ].map(([what, state]) => [what!, state!, firmware] as const),
    ),
  )('%s ends it, is named, and goes on with nothing: %s of %s', async (what, word, firmware) => {
    const { call, sim, state, guard, faults } = await enabled(['--firmware', firmware])
    const fire = call('laser.fire', { pulses: 3, pulseMs: 1500 })
    const fired = expect(fire).rejects.toMatchObject({
      code: 'aborted',
      message: expect.stringContaining(word),
    })
    await expect.poll(() => sim.events().light.length, within).toBe(1)
    sim.fault(what)
    const at = process.hrtime.bigint()
    await fired
    const { light } = sim.events()
    expect(light.map(({ on }) => on)).toEqual([true, false])
    expect(ms(at, light[1]!.ns)).toBeLessThan(300)
    expect(state().laser).toMatchObject({ enabled: false, emitting: false })
    expect(guard.said).toContainEqual(expect.stringMatching(`^ending: .*${word}`))
    // Released, it fires nothing of what was left.
    sim.fault('CLOSE')
    sim.fault('RESUME')
    const before = guard.said.length
    await expect.poll(() => guard.said.slice(before), within).toContain('seenDark')
    expect(sim.events().light).toHaveLength(2)
    expect(faults).toEqual([])
  })
})

describe('light that nobody here ordered', () => {
  it.each(FIRMWARES)('is ended, shown, told to the guardian and written down: %s', async (firmware) => {
    const { call, sim, state, guard, deeds, topic } = await enabled(['--firmware', firmware])
    const shown: boolean[] = []
    topic.subscribe(() => shown.push(state().laser!.unordered))
    guard.said.length = 0
    sim.fault('LINE G1F100M3S700')
    await expect.poll(() => sim.events().light.length, within).toBe(2)
    const { light } = sim.events()
    expect(ms(light[0]!.ns, light[1]!.ns)).toBeLessThan(500)
    await expect.poll(() => state().laser!.unordered, within).toBe(false)
    expect(shown).toContain(true)
    expect(state().laser).toMatchObject({ enabled: false, emitting: false })
    expect(deeds).toEqual([['laser.unordered', expect.stringContaining('S700')]])
    expect(guard.said.filter((word) => word !== 'seenAtRest')).toEqual(
      expect.arrayContaining([
        'seenEmitting',
        expect.stringMatching(/^ending: .*nobody here has ordered/),
        'seenDark',
      ]),
    )
    await call('laser.disable')
    await call('laser.enable')
  })
})

describe('an answer that is lost', () => {
  it('costs one command: what turns is shown as moving, and the next is in step again', async () => {
    const { call, sim, state, deeds } = await homed()
    await arm(sim, 'LOSEOK 1')
    const move = call('turret.move', { pan: 60 })
    const moved = expect(move).rejects.toMatchObject({
      code: 'device.timeout',
      message: expect.stringContaining('was lost on the line'),
    })
    await expect.poll(() => sim.events().motion.at(-1)?.moving, within).toBe(true)
    await expect.poll(() => state().moving, within).toBe(true)
    expect(state().laser!.missing).toContain('the turret is moving')
    await moved
    await expect.poll(() => state().moving, within).toBe(false)
    expect(sim.events().motion.at(-1)!.moving).toBe(false)
    await expect.poll(() => state().laser!.missing, within).toEqual(['the laser is not enabled'])
    expect(state().homed).toBe(true)
    for (const pan of [70, 75])
      expect(await call('turret.move', { pan, tilt: 40, wait: true })).toEqual({ pan, tilt: 40 })
    expect(state().position).toEqual({ pan: 75, tilt: 40 })
    expect(deeds.map(([action]) => action)).toEqual(['turret.resync'])
  })

  it('of a pulse ends the burst in the dark', async () => {
    const { call, sim, state } = await enabled()
    await arm(sim, 'LOSEOK 1')
    await expect(call('laser.fire', { pulses: 2, pulseMs: 100 })).rejects.toMatchObject({
      code: 'aborted',
      message: expect.stringContaining('was lost'),
    })
    expect(sim.events().light.map(({ on }) => on)).toEqual([true, false])
    expect(state()).toMatchObject({ homed: true, laser: { enabled: false, fireCount: 1 } })
    await call('laser.enable')
    await call('laser.fire', { pulses: 2 })
  })

  it('doubled, or glued to the next, changes nothing', async () => {
    const { call, sim, deeds } = await enabled()
    for (const fault of ['DOUBLEOK 1', 'GLUEOK 1']) {
      await arm(sim, fault)
      await call('turret.move', { pan: 90, tilt: 40, wait: true })
      await call('turret.move', { pan: 95, tilt: 45, wait: true })
      await arm(sim, fault)
      expect(await call('laser.fire', { pulses: 3, pulseMs: 100 })).toEqual({ pulses: 3 })
    }
    const { light } = sim.events()
    for (let i = 0; i + 1 < light.length; i += 2)
      expect(ms(light[i]!.ns, light[i + 1]!.ns)).toBeGreaterThanOrEqual(99)
    expect(deeds).toEqual([])
  })

  it('with bytes of a line lost is refused or out of step, and the next is understood', async () => {
    const { call, sim, state } = await homed()
    await arm(sim, 'LOSEBYTES 4')
    await expect(call('turret.move', { pan: 60, wait: true })).rejects.toMatchObject({ device: 'turret' })
    await expect
      .poll(() => call('turret.move', { pan: 70, wait: true }).catch(() => undefined), within)
      .toMatchObject({ pan: 70 })
    expect(state().homed).toBe(true)
  })
})

it.each(FIRMWARES)('is reset after a limit, which it waits for, and homed anew: %s', async (firmware) => {
  const { call, sim, state } = await homed(['--firmware', firmware])
  await call('turret.move', { pan: 90, tilt: 40, wait: true })
  sim.fault('LIMIT X')
  await expect.poll(() => state().alarm?.code, within).toBe(1)
  expect(state()).toMatchObject({ homed: false })
  expect(state().position).toBeUndefined()
  sim.fault('RELEASE X')
  await call('turret.unlock')
  await call('turret.home')
  expect(state().homed).toBe(true)
})

it('shows as moving what another channel turns, and is not ready meanwhile', async () => {
  const { call, sim, state } = await enabled()
  sim.fault('LINE $J=G91X-20F1200')
  await expect.poll(() => state(), within).toMatchObject({ moving: true, activity: 'moving' })
  expect(state().laser).toMatchObject({ ready: false, missing: ['the turret is moving'] })
  await call('turret.halt')
  await expect.poll(() => state().moving, within).toBe(false)
  expect(state()).toMatchObject({ homed: true, laser: { ready: true } })
  sim.fault('LINE G1X-60Y-2F1200')
  await expect.poll(() => state().moving, within).toBe(true)
  await call('turret.halt')
  expect(sim.events().motion.at(-1)!.moving).toBe(false)
  await expect.poll(() => state(), within).toMatchObject({ moving: false, homed: true })
  await expect.poll(() => state().alarm, within).toBeUndefined()
})

describe('a controller that loses its power for a moment', () => {
  it('is not homed any more, though it was reset just before', async () => {
    const { device, sim, state, faults } = await homed()
    await device.stop()
    expect(state().homed).toBe(true)
    sim.fault('POWER')
    await expect.poll(() => faults, within).toMatchObject([{ code: 'connection.lost' }])
  })

  it('and whose welcome is lost is known by its position', async () => {
    const { call, device, sim, state, deeds } = await homed(['--settings', '22=1'])
    await call('turret.move', { pan: 60, tilt: 40, wait: true })
    await device.stop()
    // Two lines: the welcome, and that it is locked.
    await arm(sim, 'SWALLOW 2')
    sim.fault('POWER')
    await expect.poll(() => state().homed, within).toBe(false)
    expect(state().position).toBeUndefined()
    await expect(call('turret.move', { pan: 0 })).rejects.toMatchObject({ code: 'turret.unhomed' })
    expect(deeds.every(([action]) => action === 'turret.unhomed')).toBe(true)
  })
})

it('times the pulses of FluidNC exactly, whose build names no spindle', async () => {
  const { call, sim, state } = await enabled(['--firmware', 'FluidNC'])
  expect(state().problems).toEqual([])
  expect(state().laser!.bounds.stepMs).toBe(1)
  await call('laser.fire', { pulseMs: 50 })
  await expect.poll(() => sim.events().light.length, within).toBe(2)
  const [on, off] = sim.events().light
  expect(ms(on!.ns, off!.ns)).toBeGreaterThanOrEqual(49)
})

it('homes a grblHAL whose origin is at its switches, and takes its word for being homed', async () => {
  const args = ['--firmware', 'grblHAL', '--settings', '22=9,21=3']
  const { call, state, sim, device } = await homed(args)
  expect(state()).toMatchObject({ homed: true, problems: [], position: { pan: 100, tilt: 50 } })
  await call('turret.move', { pan: 90, tilt: 40, wait: true })
  await device[Symbol.asyncDispose]()
  const again = await openTurret(sim.resource)
  expect(again.state()).toMatchObject({ homed: true, position: { pan: 90, tilt: 40 } })
  await again.device[Symbol.asyncDispose]()
})

it('cannot say that it is dark where the reports do not say so', async () => {
  const { call, device, state } = await homed(['--leave-out', 'FS'])
  expect(state().laser!.missing).toContainEqual(expect.stringContaining('no FS:'))
  await expect(call('laser.enable')).rejects.toMatchObject({ code: 'laser.unready' })
  await expect(device.stop()).rejects.toMatchObject({ message: expect.stringContaining('no FS:') })
})

describe.concurrent('a board that is not there at once', () => {
  const start = async (...args: string[]) => {
    const sim = await startGrbl([...NEAR, ...args])
    onTestFinished(() => sim[Symbol.asyncDispose]())
    return sim
  }

  it('is waited for: 8 s, garbage, and two welcomes', async () => {
    const noise = '\u0003ets Jun  8 2016 00:22:57 rst:0x1'
    const sim = await start(
      '--reset-on-connect',
      '--boot-ms',
      '8000',
      '--boot-noise',
      noise,
      '--welcomes',
      '2',
    )
    const { device, call, state } = await openTurret(sim.resource)
    await call('turret.home')
    expect(state().homed).toBe(true)
    await device[Symbol.asyncDispose]()
  })

  it('says what was heard of it', async () => {
    const sim = await start(
      '--reset-on-connect',
      '--boot-ms',
      '30000',
      '--boot-noise',
      'waiting for download',
    )
    await expect(openTurret(sim.resource)).rejects.toMatchObject({
      code: 'device.timeout',
      message: expect.stringMatching(/heard was \d+ bytes, the last of them "waiting for download": check/),
    })
  })

  it('and is held at its door is waited for, and said to be', async () => {
    const sim = await start('--door-open')
    await expect(openTurret(sim.resource)).rejects.toMatchObject({
      code: 'device.faulted',
      message: expect.stringContaining('the safety door is open: close it'),
    })
    const opening = openTurret(sim.resource)
    await sleep(500)
    sim.fault('CLOSE')
    const { device, state } = await opening
    expect(state().alarm).toBeUndefined()
    await device[Symbol.asyncDispose]()
  })
})
