import { describe, expect, it } from 'vitest'
import type { Command } from '../../shared/wire/command.ts'
import { commands, type CommandName } from '../../shared/commands.ts'
import type { ControlState } from '../../shared/control/control.ts'
import { whyNot, type Me, type Standing } from '../../web/link/why-not.ts'

const MINE = 'a'.repeat(12)
const OTHER = 'b'.repeat(12)

const me: Me = { name: 'anna', role: 'operator', via: 'session', client: MINE, now: 0, version: '1' }

type LeaseState = NonNullable<ControlState['lease']>
type Interlock = ControlState['interlocks'][string]

const lease = (client: string, part: Partial<LeaseState> = {}): LeaseState => ({
  client,
  name: client === MINE ? 'anna' : 'Ben',
  since: 0,
  connected: true,
  beating: true,
  ...part,
})
const control = (part: Partial<ControlState> = {}): ControlState => ({
  asks: {},
  stop: { latched: false, devices: {} },
  interlocks: {},
  ...part,
})
const interlock = (part: Partial<Interlock> = {}): Interlock => ({
  title: 'Lab door',
  closed: false,
  since: 0,
  settable: false,
  emergency: false,
  forbids: ['emission' as const, 'motion' as const],
  devices: ['dut'],
  ...part,
})
const standing = (part: Partial<Standing> = {}): Standing => ({
  connected: true,
  me,
  control: control({ lease: lease(MINE) }),
  guardian: { state: 'present', since: 0 },
  ...part,
})

it('lets the holder act', () => {
  expect(whyNot('sweep.start', standing(), 'dut')).toBeUndefined()
})

it('lets nothing emit while the guardian is lost, and everything else be done', () => {
  const lost = standing({ guardian: { state: 'lost', since: 0 } })
  expect(whyNot('instrument.emit', lost, 'dut')).toBe('The guardian is lost')
  expect(whyNot('instrument.set', lost, 'dut')).toBeUndefined()
  const without = standing({ guardian: { state: 'without', since: 0 } })
  expect(whyNot('instrument.emit', without, 'dut')).toBeUndefined()
})

it('needs a connection before anything else', () => {
  const nothing = standing({ connected: false, me: undefined, control: undefined })
  expect(whyNot('trace.list', nothing)).toBe('No connection to the bridge')
  expect(whyNot('trace.list', { ...nothing, connected: true })).toBe('Asking the bridge who you are')
})

it.each([
  ['viewer', 'sweep.start', 'Only an operator may do this'],
  ['viewer', 'lease.take', 'Only an operator may do this'],
  ['operator', 'user.list', 'Only an administrator may do this'],
  ['operator', 'lease.seize', 'Only an administrator may do this'],
  ['administrator', 'user.list', undefined],
  ['viewer', 'estop.press', undefined],
] as const)('tells a %s of %s: %s', (role, name, words) => {
  expect(whyNot(name, standing({ me: { ...me, role } }), 'dut')).toBe(words)
})

describe('the lease', () => {
  it('is to be taken first when nobody has it', () => {
    expect(whyNot('camera.set', standing({ control: control() }), 'slide')).toBe('Take control first')
  })

  it('names who has it', () => {
    const others = control({ lease: lease(OTHER) })
    expect(whyNot('camera.set', standing({ control: others }), 'slide')).toBe('Ben has control')
    const local = control({ lease: lease(OTHER, { name: 'local' }) })
    expect(whyNot('camera.set', standing({ control: local }), 'slide')).toBe('Local operator has control')
  })

  it('is waited for until it is known', () => {
    expect(whyNot('camera.set', standing({ control: undefined }), 'slide')).toBe(
      'Asking the bridge who has control',
    )
  })

  it('is asked for by no command that does not declare it', () => {
    const free = standing({ me: { ...me, role: 'administrator' }, control: control() })
    for (const [name, command] of Object.entries(commands) as [CommandName, Command][]) {
      expect(whyNot(name, free, 'dut'), name).toBe(command.lease ? 'Take control first' : undefined)
    }
  })
})

describe('the emergency stop', () => {
  const latched = { stop: { latched: true, devices: {} } }

  it('holds what moves, whoever has the lease', () => {
    const state = control({ ...latched, lease: lease(OTHER) })
    expect(whyNot('sweep.start', standing({ control: state }), 'dut')).toBe('Emergency stop')
  })

  it("does not hold its own reset, which is the holder's", () => {
    const mine = control({ ...latched, lease: lease(MINE) })
    expect(whyNot('estop.reset', standing({ control: mine }))).toBeUndefined()
    expect(whyNot('estop.reset', standing({ control: control(latched) }))).toBe('Take control first')
  })

  it('holds neither what only reads nor what makes safe', () => {
    const state = standing({ control: control(latched) })
    expect(whyNot('trace.read', state, 'dut')).toBeUndefined()
    expect(whyNot('sweep.abort', state, 'dut')).toBeUndefined()
  })
})

describe('interlocks', () => {
  const behind = (part: Partial<Interlock>): Standing =>
    standing({ control: control({ lease: lease(MINE), interlocks: { door: interlock(part) } }) })

  it('hold the devices that need them, with the reason', () => {
    expect(whyNot('sweep.start', behind({ reason: 'it is 0' }), 'dut')).toBe('Lab door is open: it is 0')
    expect(whyNot('sweep.start', behind({}), 'dut')).toBe('Lab door is open')
  })

  it('hold no other device, and nothing when they are closed', () => {
    expect(whyNot('camera.set', behind({}), 'slide')).toBeUndefined()
    expect(whyNot('sweep.start', behind({ closed: true }), 'dut')).toBeUndefined()
  })

  it('hold what they forbid, and let go on what they do not', () => {
    const forbidding = (forbids: Interlock['forbids']) => behind({ forbids, devices: ['turret'] })
    const open = 'Lab door is open'
    expect(whyNot('laser.fire', forbidding(['emission']), 'turret')).toBe(open)
    expect(whyNot('turret.move', forbidding(['emission']), 'turret')).toBeUndefined()
    expect(whyNot('laser.fire', forbidding(['motion']), 'turret')).toBeUndefined()
    expect(whyNot('turret.move', forbidding(['motion']), 'turret')).toBe(open)
    expect(whyNot('track.set', forbidding(['motion']), 'turret')).toBeUndefined()
    // What does not say what it does may do either.
    expect(whyNot('laser.enable', forbidding(['motion']), 'turret')).toBe(open)
    expect(whyNot('track.set', forbidding(['emission', 'motion']), 'turret')).toBe(open)
  })

  it('do not hold the key that closes them', () => {
    expect(whyNot('interlock.set', behind({ settable: true }))).toBeUndefined()
  })
})

it('keeps a token to its devices, but never from the emergency stop', () => {
  const bound = standing({ me: { ...me, via: 'token', scope: { devices: ['dut'] } } })
  expect(whyNot('sweep.start', bound, 'dut')).toBeUndefined()
  expect(whyNot('camera.set', bound, 'slide')).toBe('Beyond what you have access to')
  expect(whyNot('lease.take', bound)).toBe('Beyond what you have access to')
  expect(whyNot('estop.press', bound)).toBeUndefined()
})

it('lets somebody who is bound to devices take control, for those', () => {
  const bound = standing({ me: { ...me, via: 'session', scope: { devices: ['dut'] } } })
  expect(whyNot('lease.take', bound)).toBeUndefined()
  expect(whyNot('sweep.start', bound, 'dut')).toBeUndefined()
  expect(whyNot('camera.set', bound, 'slide')).toBe('Beyond what you have access to')
})
