import { expect, it, onTestFinished } from 'vitest'
import { config, laserConfigOf } from '../../bridge/turret/grbl/config.ts'
import { LightLedger } from '../../bridge/turret/grbl/light-ledger.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { TestMemory } from '../support/device-memory.ts'
import { type GrblExchange, GrblReplay } from '../support/grbl-wire.ts'
import { type OpenTurret, openTurret } from './turret-rig.ts'

const WELCOME = ['', "Grbl 1.1h ['$' for help]"]
const LOCKED = [...WELCOME, "[MSG:'$H'|'$X' to unlock]"]
const MODES: GrblExchange = ['$G', '[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]', 'ok']
const SETTINGS = {
  $13: 0,
  $20: 1,
  $21: 1,
  $22: 1,
  $30: 1000,
  $31: 0,
  $32: 1,
  $120: 500,
  $121: 500,
  $130: 200,
  $131: 100,
}
const opening = (settings: Partial<typeof SETTINGS> = {}, ...startup: string[]): GrblExchange[] => [
  ['\x18', ...WELCOME],
  ['$I', '[VER:1.1h.20190830:]', '[OPT:V,15,128]', 'ok'],
  ['$$', ...Object.entries({ ...SETTINGS, ...settings }).map(([name, value]) => `${name}=${value}`), 'ok'],
  ['$N', ...startup.map((line, i) => `$N${i}=${line}`), 'ok'],
  MODES,
]
const CLOSING: GrblExchange[] = [['\x85'], ['!'], ['\x18', ...WELCOME], MODES]
const AT_HOME = '<Idle|MPos:-100.000,-50.000,0.000|FS:0,0|WCO:0.000,0.000,0.000|Ov:100,100,100>'
const LOCKED_STATUS = '<Alarm|MPos:0.000,0.000,0.000|FS:0,0>'
const PROOF: GrblExchange[] = [['G1F100M3S0G4P0.025M30', '[MSG:Pgm End]', 'ok'], MODES]

/** The driver in conversation; the test fails at its end when anything was left unsaid or said beside it. */
async function converse(
  exchanges: GrblExchange[],
  {
    open = opening(),
    laser = {},
    status = AT_HOME,
    memory = new TestMemory(),
  }: {
    open?: GrblExchange[]
    laser?: Record<string, unknown>
    status?: string
    memory?: TestMemory
  } = {},
): Promise<OpenTurret & { grbl: GrblReplay }> {
  const grbl = await GrblReplay.listen([...open, ...exchanges])
  grbl.status = status
  const turret = await openTurret(grbl.resource, { laser, memory })
  onTestFinished(async () => {
    await expect.poll(() => grbl.left).toEqual({ unsaid: [], unexpected: [] })
    grbl.expect(...CLOSING)
    await turret.device[Symbol.asyncDispose]()
    expect(grbl.left).toEqual({ unsaid: [], unexpected: [] })
    await grbl[Symbol.asyncDispose]()
  })
  return { ...turret, grbl }
}

const HOMING: GrblExchange = ['$H', 'ok']
const CONFIG = config.parse({
  resource: 'TCPIP::127.0.0.1::5030::SOCKET',
  pan: { axis: 'X', min: -1, max: 1 },
  tilt: { axis: 'Y', min: -1, max: 1 },
  laser: { cooldownMs: 60_000 },
})

it('opens with a reset, learns the settings, and shows them', async () => {
  const { state } = await converse([])
  expect(state()).toMatchObject({
    controller: { version: '1.1h.20190830', options: 'V' },
    moving: false,
    homed: false,
    motors: true,
    problems: [],
    limits: { pan: { min: -95, max: 95 }, tilt: { min: -45, max: 45 } },
    laser: { enabled: false, emitting: false, ready: false, fireCount: 0 },
  })
  expect(state().laser?.missing).toEqual(['the laser is not enabled', 'the turret is not homed'])
  // A position that is no direction is not shown.
  expect(state().position).toBeUndefined()
})

it('says which settings are wrong and what to do', async () => {
  const wrong = opening({ $32: 0, $31: 10, $22: 0, $20: 0, $21: 0 }, 'G21', 'M3S1000')
  const { state, call } = await converse([], { open: wrong })
  expect(state().problems).toEqual([
    expect.stringContaining('$32=1'),
    expect.stringContaining('$31=0'),
    expect.stringContaining('startup line M3S1000'),
    expect.stringContaining('$22=1'),
    expect.stringContaining('$20=1'),
    expect.stringContaining('$21=1'),
  ])
  await expect(call('laser.enable')).rejects.toMatchObject({
    code: 'laser.unready',
    message: expect.stringContaining('$32=1'),
  })
})

it('compares the limits of bench.yaml with the travel of the controller', async () => {
  const { state } = await converse([], { open: opening({ $130: 150 }) })
  expect(state().problems).toEqual([expect.stringContaining('$130')])
})

it('refuses motion before homing, homes, then moves as an absolute jog in machine coordinates', async () => {
  const { call, state, grbl } = await converse([])
  await expect(call('turret.move', { pan: 1 })).rejects.toMatchObject({
    code: 'turret.unhomed',
    message: expect.stringContaining('turret.home'),
  })
  grbl.expect(HOMING)
  await call('turret.home')
  expect(state().homed).toBe(true)
  // 30 mm in half a second and no other axis: F is along the path.
  grbl.expect(['$J=G53G21G90X-70Y-50F3600', 'ok'])
  grbl.status = '<Jog|MPos:-90.000,-50.000,0.000|FS:3600,0>'
  expect(await call('turret.move', { pan: 30 })).toEqual({ pan: 30, tilt: 0 })
  expect(state()).toMatchObject({ moving: true, activity: 'moving', target: { pan: 30, tilt: 0 } })
  await expect.poll(() => state().position).toEqual({ pan: 10, tilt: 0 })
  grbl.status = '<Idle|MPos:-70.000,-50.000,0.000|FS:0,0>'
  await expect.poll(() => state().moving).toBe(false)
  expect(state().position).toEqual({ pan: 30, tilt: 0 })
})

it('refuses to aim beyond the limits, and says in words why the controller refuses', async () => {
  const { call, grbl } = await converse([HOMING])
  await call('turret.home')
  await expect(call('turret.move', { pan: 96 })).rejects.toMatchObject({
    code: 'input.invalid',
    message: expect.stringContaining('outside -95° to 95°'),
  })
  grbl.expect(['$J=G53G21G90X-10Y-50F3600', 'error:15'])
  await expect(call('turret.move', { pan: 90 })).rejects.toMatchObject({
    code: 'turret.error',
    message: expect.stringContaining('error 15, the way leads out of the travel'),
  })
})

it('shows an alarm in words, resets after a limit, and unlocks', async () => {
  const { call, state, grbl } = await converse([HOMING])
  await call('turret.home')
  grbl.expect(['\x18', ...LOCKED])
  grbl.status = LOCKED_STATUS
  grbl.say('ALARM:1', '[MSG:Reset to continue]')
  await expect
    .poll(() => state().alarm)
    .toEqual({ code: 1, message: expect.stringContaining('limit switch') })
  expect(state().homed).toBe(false)
  await expect.poll(() => grbl.left.unsaid).toEqual([])
  await expect(call('turret.move', { pan: 1 })).rejects.toMatchObject({ code: 'turret.unhomed' })
  grbl.expect(['$X', '[MSG:Caution: Unlocked]', 'ok'])
  grbl.status = AT_HOME
  expect(await call('turret.unlock')).toEqual({ message: expect.stringContaining('home it before') })
  expect(state().alarm).toBeUndefined()
})

it('is locked, in words, when it was just switched on', async () => {
  const open = opening()
  open[0] = ['\x18', ...LOCKED]
  const { state } = await converse([], { open, status: LOCKED_STATUS })
  expect(state().alarm).toEqual({ message: expect.stringContaining('turret.home') })
})

it.each([
  [7, 'door was opened', ['ok', ...LOCKED]],
  [8, 'stayed pressed', ['ok', ...LOCKED]],
  [9, 'did not find a limit switch', ['ok', ...LOCKED]],
  // grblHAL begins anew without the ok.
  [9, 'did not find a limit switch', LOCKED],
])('says why homing failed, though it is answered ok: alarm %i', async (number, words, answer) => {
  const { call, state, grbl } = await converse([['$H', `ALARM:${number}`, ...answer]])
  grbl.status = LOCKED_STATUS
  await expect(call('turret.home')).rejects.toMatchObject({
    code: 'turret.alarm',
    message: expect.stringContaining(words),
  })
  expect(state()).toMatchObject({ homed: false, alarm: { code: number } })
  grbl.expect(['$X', '[MSG:Caution: Unlocked]', 'ok'])
  grbl.status = AT_HOME
  await call('turret.unlock')
  await expect(call('laser.enable')).rejects.toMatchObject({
    code: 'laser.unready',
    message: expect.stringContaining('not homed'),
  })
})

it('does not believe a homing that ends elsewhere than idle, or not homed by its own word', async () => {
  const { call, state, grbl } = await converse([HOMING, HOMING, HOMING])
  for (const status of [LOCKED_STATUS, '<Idle|MPos:0.000,0.000,0.000|FS:0,0|H:0>']) {
    grbl.status = status
    await expect(call('turret.home')).rejects.toMatchObject({ code: 'turret.alarm' })
    expect(state().homed).toBe(false)
  }
  grbl.status = '<Idle|MPos:-100.000,-50.000,0.000|FS:0,0|H:1>'
  await call('turret.home')
  expect(state()).toMatchObject({ homed: true, position: { pan: 0, tilt: 0 } })
})

it('reads the settings of grblHAL as the bit fields that they are', async () => {
  const { state } = await converse([], { open: opening({ $22: 5, $21: 3 }) })
  expect(state()).toMatchObject({ problems: [], homed: false })
})

it('tells the guardian what may emit or move before the bytes leave, and what is seen of it', async () => {
  const { call, guard, grbl } = await converse([HOMING, ...PROOF])
  expect(guard.plan).toMatchObject({
    resource: grbl.resource.replace('TCPIP::', 'TCPIP0::'),
    guard: 'takeover',
    clearing: '',
    messages: ['\x85', '!', '\x18'],
    proofs: [{ ask: '?', answer: '^<' }],
  })
  await call('turret.home')
  await call('laser.enable')
  expect(guard.said.filter((word) => word === 'mayMove')).toHaveLength(1)
  expect(guard.said).not.toContain('mayEmit')
  guard.refuse = new BenchError('guardian.lost', 'nobody is there')
  grbl.expect(['\x18', ...WELCOME], MODES)
  await expect(call('laser.fire')).rejects.toMatchObject({ code: 'guardian.lost' })
  guard.refuse = undefined
  grbl.expect(...PROOF)
  await call('laser.enable')
  guard.said.length = 0
  grbl.expect(['\x99'], ['G1F100M3S500G4P0.075M30', '[MSG:Pgm End]', 'ok'])
  const fire = call('laser.fire')
  await expect.poll(() => guard.said).toContain('mayEmit')
  expect(guard.said).not.toContain('seenDark')
  await fire
  await expect.poll(() => guard.said).toContain('seenDark')
})

it('writes down what limits light before a pulse leaves, and lets none leave that is not written down', async () => {
  const memory = new TestMemory()
  const { call, grbl, state } = await converse([HOMING, ...PROOF], { memory, laser: { cooldownMs: 60_000 } })
  await call('turret.home')
  await call('laser.enable')
  const written = Promise.withResolvers<void>()
  const write = memory.write.bind(memory)
  memory.write = async (name, value) => {
    await written.promise
    return write(name, value)
  }
  const fire = call('laser.fire', { pulses: 2, pulseMs: 100 })
  await expect.poll(() => state().laser?.emitting).toBe(true)
  const asked = grbl.asked
  await expect.poll(() => grbl.asked).toBeGreaterThan(asked + 2)
  // Nothing was said beside what is expected, which is nothing.
  expect(grbl.left).toEqual({ unsaid: [], unexpected: [] })
  grbl.expect(['\x99'], ['G1F100M3S500G4P0.075M30'])
  written.resolve()
  await expect.poll(() => grbl.left.unsaid).toEqual([])
  // What a bridge would find that is started after this one was killed.
  const kept = await LightLedger.read(memory, laserConfigOf(CONFIG, 'Grbl'))
  expect(kept.fireCount).toBe(1)
  expect(kept.cooledAt - performance.now()).toBeGreaterThan(60_000)
  grbl.expect(['\x18', ...WELCOME], MODES)
  await call('laser.disable')
  await expect(fire).rejects.toMatchObject({ code: 'aborted' })
})

it('fires nothing when the disk does not take it', async () => {
  const memory = new TestMemory()
  const { call, grbl, state } = await converse([HOMING, ...PROOF], { memory })
  await call('turret.home')
  await call('laser.enable')
  memory.write = () => Promise.reject(new Error('no space left on the device'))
  grbl.expect(['\x18', ...WELCOME], MODES)
  await expect(call('laser.fire')).rejects.toMatchObject({
    code: 'laser.unready',
    message: expect.stringContaining('no space left'),
  })
  expect(state().laser).toMatchObject({ enabled: false, fireCount: 0 })
})

it('stops with three bytes that wait for nothing, and confirms', async () => {
  const { call, device, grbl, state } = await converse([HOMING])
  await call('turret.home')
  // A line that is never answered holds the queue.
  grbl.expect(['$J=G53G21G90X-70Y-50F3600'])
  grbl.status = '<Jog|MPos:-90.000,-50.000,0.000|FS:3600,0>'
  const move = call('turret.move', { pan: 30 })
  const moved = expect(move).rejects.toMatchObject({ code: 'aborted' })
  await expect.poll(() => grbl.left.unsaid).toEqual([])
  grbl.expect(['\x85'], ['!'], ['\x18', 'ALARM:3', ...LOCKED], MODES)
  grbl.status = LOCKED_STATUS
  await device.stop()
  await moved
  expect(state()).toMatchObject({ homed: false, moving: false, alarm: { code: 3 } })
})

it('does not confirm a stop when the laser is not off', async () => {
  const { device, grbl } = await converse([])
  grbl.expect(['\x85'], ['!'], ['\x18', ...WELCOME], ['$G', '[GC:G0 G54 M3 S500]', 'ok'])
  await expect(device.stop()).rejects.toMatchObject({
    message: expect.stringContaining('the laser is not off'),
  })
})

it('enables the laser with a dark pulse, and fires pulses of one line each', async () => {
  const { call, state, grbl } = await converse([HOMING, ...PROOF], { laser: { cooldownMs: 5000 } })
  await call('turret.home')
  await call('laser.enable')
  expect(state().laser).toMatchObject({ enabled: true, ready: true, missing: [], fireCount: 0 })
  const pulse: GrblExchange = ['G1F100M3S250G4P0.075M30', '[MSG:Pgm End]', 'ok']
  grbl.expect(['\x99'], pulse, ['G4P0.125', 'ok'], pulse)
  expect(await call('laser.fire', { pulses: 2, gapMs: 120, powerPercent: 25 })).toEqual({ pulses: 2 })
  const { laser } = state()
  expect(laser).toMatchObject({
    emitting: false,
    fireCount: 2,
    ready: false,
    missing: ['it is cooling down'],
  })
  expect(laser!.cooldownUntil! - laser!.lastEndedAt!).toBeGreaterThanOrEqual(4900)
  await expect(call('laser.fire')).rejects.toMatchObject({ code: 'laser.unready' })
  await call('laser.resetCount')
  expect(state().laser?.fireCount).toBe(0)
})

it('takes what grblHAL says of a dark pulse, on at S0, for no light', async () => {
  const { call, state, grbl, deeds } = await converse([HOMING])
  await call('turret.home')
  grbl.expect(...PROOF, ['\x99'], ['G1F100M3S0G4P0.275M30', '[MSG:Pgm End]', 'ok'])
  await call('laser.enable')
  const fire = call('laser.fire', { mock: true, pulseMs: 300 })
  grbl.status = '<Idle|MPos:-100.000,-50.000,0.000|Bf:100,1023|FS:0,0|A:S>'
  await fire
  grbl.status = AT_HOME
  expect(state().laser?.enabled).toBe(true)
  expect(deeds).toEqual([])
})

it('rehearses in the dark: no count, no cooldown', async () => {
  const dark: GrblExchange = ['G1F100M3S0G4P0.075M30', '[MSG:Pgm End]', 'ok']
  const { call, state } = await converse([HOMING, ...PROOF, ['\x99'], dark])
  await call('turret.home')
  await call('laser.enable')
  expect(await call('laser.fire', { mock: true })).toEqual({ pulses: 1 })
  expect(state().laser).toMatchObject({ fireCount: 0, ready: true })
  expect(state().laser?.lastEndedAt).toBeUndefined()
})

it('does not enable the laser of a firmware that does not end a pulse by itself', async () => {
  const { call, state, grbl } = await converse([HOMING])
  await call('turret.home')
  grbl.expect(['G1F100M3S0G4P0.025M30', 'ok'], ['$G', '[GC:G1 G54 M3 S0]', 'ok'], ['\x18', ...WELCOME], MODES)
  await expect(call('laser.enable')).rejects.toMatchObject({ code: 'laser.unready' })
  expect(state().laser?.enabled).toBe(false)
})

it('resets when a pulse is answered with an error: light may have stayed on', async () => {
  const { call, state, grbl } = await converse([HOMING, ...PROOF])
  await call('turret.home')
  await call('laser.enable')
  grbl.expect(['\x99'], ['G1F100M3S500G4P0.075M30', 'error:7'], ['\x18', ...WELCOME], MODES)
  await expect(call('laser.fire')).rejects.toMatchObject({
    code: 'turret.error',
    message: expect.stringContaining('memory'),
  })
  expect(state().laser).toMatchObject({ enabled: false, emitting: false, fireCount: 1 })
})

it('ends light in mid-pulse with one byte, and never goes on by itself', async () => {
  const { call, device, state, grbl } = await converse([HOMING, ...PROOF])
  await call('turret.home')
  await call('laser.enable')
  grbl.expect(['\x99'], ['G1F100M3S500G4P0.075M30'])
  const fire = call('laser.fire', { pulses: 3, gapMs: 100 })
  const fired = expect(fire).rejects.toMatchObject({
    code: 'aborted',
    message: expect.stringContaining('0 of 3'),
  })
  await expect.poll(() => grbl.left.unsaid).toEqual([])
  expect(state().laser?.emitting).toBe(true)
  await expect(call('turret.move', { pan: 1 })).rejects.toMatchObject({ code: 'device.busy' })
  grbl.expect(['\x18', ...WELCOME], MODES)
  device.endEmission?.()
  await fired
  expect(state().laser).toMatchObject({ enabled: false, emitting: false, fireCount: 1 })
  await expect(call('laser.fire')).rejects.toMatchObject({ code: 'laser.unready' })
})

it('fires nothing more when an alarm comes together with the end of a pulse', async () => {
  const { call, state, grbl } = await converse([HOMING, ...PROOF])
  await call('turret.home')
  await call('laser.enable')
  grbl.expect(['\x99'], ['G1F100M3S500G4P0.075M30', 'ok', 'ALARM:1'])
  await expect(call('laser.fire', { pulses: 3 })).rejects.toMatchObject({ code: 'aborted' })
  expect(state().laser).toMatchObject({ enabled: false, emitting: false, fireCount: 1 })
})

it('writes nothing to end light where there is none', async () => {
  const { device, call } = await converse([HOMING, ...PROOF])
  await call('turret.home')
  await call('laser.enable')
  device.endEmission?.()
  await call('laser.disable')
})

it('asks five times a second at rest and says nothing, twenty times while it moves', async () => {
  const { call, grbl, topic } = await converse([HOMING])
  await call('turret.home')
  await new Promise((resolve) => setTimeout(resolve, 300))
  let changes = 0
  topic.subscribe(() => changes++)
  let before = grbl.asked
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(grbl.asked - before).toBeGreaterThanOrEqual(4)
  expect(grbl.asked - before).toBeLessThanOrEqual(6)
  expect(changes).toBe(0)
  grbl.expect(['$J=G53G21G90X-70Y-50F3600', 'ok'])
  grbl.status = '<Jog|MPos:-90.000,-50.000,0.000|FS:3600,0>'
  await call('turret.move', { pan: 30 })
  before = grbl.asked
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(grbl.asked - before).toBeGreaterThanOrEqual(15)
  expect(grbl.asked - before).toBeLessThanOrEqual(21)
  grbl.status = '<Idle|MPos:-70.000,-50.000,0.000|FS:0,0>'
})

it('takes the motors’ current away by sleeping, and wakes by a reset', async () => {
  const { call, state, grbl } = await converse([['$SLP', 'ok', '[MSG:Sleeping]']])
  grbl.status = '<Sleep|MPos:0.000,0.000,0.000|FS:0,0>'
  await call('turret.motors', { on: false })
  expect(state()).toMatchObject({ motors: false, homed: false })
  await expect(call('turret.home')).rejects.toMatchObject({
    message: expect.stringContaining('turret.motors'),
  })
  grbl.expect(['\x18', ...LOCKED])
  const waking = call('turret.motors', { on: true })
  grbl.status = LOCKED_STATUS
  await waking
  expect(state()).toMatchObject({ motors: true, alarm: { message: expect.stringContaining('turret.home') } })
})

it('is faulted when the controller begins anew by itself, and when it is no Grbl 1.1', async () => {
  const { grbl, faults } = await converse([])
  await new Promise((resolve) => setTimeout(resolve, 1600))
  grbl.say(...LOCKED)
  await expect.poll(() => faults).toMatchObject([{ code: 'connection.lost' }])
  const old = await GrblReplay.listen([['\x18', "Grbl 0.9j ['$' for help]"]])
  await expect(openTurret(old.resource)).rejects.toMatchObject({ code: 'device.unsupported' })
  await old[Symbol.asyncDispose]()
})
