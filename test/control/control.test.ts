import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { type Command, command } from '../../shared/wire/command.ts'
import { Control, type Deed } from '../../bridge/control/control.ts'
import type { Caller, Device } from '../../bridge/device/device.ts'
import { callerAs } from '../support/caller.ts'
import { freshLatch, noGuards } from '../support/guard.ts'

const device = z.object({ device: z.string() })
const about = 'Does something.'
const moves = command({
  about,
  role: 'operator',
  lease: true,
  moves: true,
  input: device,
  output: z.object({}),
})
const acts = command({ about, role: 'operator', lease: true, input: device, output: z.object({}) })
const sets = command({
  about,
  role: 'operator',
  lease: true,
  sets: true,
  input: device,
  output: z.object({}),
})
const emits = command({
  about,
  role: 'operator',
  lease: true,
  emits: true,
  input: device,
  output: z.object({}),
})
const reads = command({ about, role: 'viewer', input: device, output: z.object({}) })
const makesSafe = command({ about, role: 'operator', safe: true, input: device, output: z.object({}) })

const ada = callerAs()
const bob = callerAs({ name: 'bob', client: 'bbbbbbbbbbbb' })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Rig {
  control: Control
  /** What reached the devices, in order. */
  reached: string[]
  deeds: Deed[]
  may: (command: Command, caller?: Caller, device?: string) => string
  say: (name: keyof Control['handlers'], input?: object, caller?: Caller) => Promise<unknown>
}

/** `more`: besides, a turret, and a supply that can only be stopped as a whole. */
function rig(more = false): Rig {
  const reached: string[] = []
  const deeds: Deed[] = []
  const fake = (id: string, broken = false): Device => ({
    commands: {},
    stop: () => (reached.push(`${id} stop`), Promise.resolve('proven')),
    endMotion: () => {
      if (broken) throw new Error('a driver’s mistake')
      reached.push(`${id} halt`)
    },
    endEmission: () => {
      if (broken) throw new Error('a driver’s mistake')
      reached.push(`${id} dark`)
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
  const supply: Device = {
    commands: {},
    stop: () => (reached.push('supply stop'), Promise.resolve('proven')),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const control = new Control({
    interlocks: {
      door: { title: 'Door', key: true, emergency: false, forbids: ['emission', 'motion'] },
      curtain: { title: 'Curtain', key: true, emergency: false, forbids: ['emission'] },
      gate: { title: 'Gate', key: true, emergency: false, forbids: ['motion'] },
      button: { title: 'Button', key: true, emergency: true, forbids: ['emission', 'motion'] },
    },
    needs: new Map([
      ['laser', ['door']],
      ['turret', ['curtain', 'gate']],
      ['supply', ['curtain']],
    ]),
    guards: noGuards(),
    holderBeats: () => {},
    latch: freshLatch(),
    readings: { state: () => undefined, newestPower: () => undefined },
    devices: () => [
      ['broken', fake('broken', true)],
      ['laser', fake('laser')],
      ['stage', fake('stage')],
      ['off', undefined],
      ...(more
        ? ([
            ['turret', fake('turret')],
            ['supply', supply],
          ] satisfies [string, Device][])
        : []),
    ],
    mayHold: () => true,
    log: pino({ level: 'silent' }),
    did: (deed) => deeds.push(deed),
    signal: new AbortController().signal,
  })
  control.start()
  control.lease.connected(ada.client)
  const may: Rig['may'] = (command, caller = ada, id = 'stage') => {
    try {
      control.permit(command, { device: id }, caller)
      return 'yes'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  const say: Rig['say'] = async (name, input = {}, caller = ada) =>
    control.handlers[name]?.(input as never, caller)
  return { control, reached, deeds, may, say }
}

it('lets act whoever holds the lease, and nobody else', async () => {
  const { may, say } = rig()
  expect(may(moves)).toBe('lease.required')
  await say('lease.take')
  expect(may(moves)).toBe('yes')
  expect(may(moves, bob)).toBe('lease.required')
})

it('asks nothing of what only reads, and nothing of what makes safe', () => {
  const { may } = rig()
  expect(may(reads, bob, 'laser')).toBe('yes')
  expect(may(makesSafe, bob, 'laser')).toBe('yes')
})

it('lets nothing act while the emergency stop is latched, but what makes safe', async () => {
  const { may, say, reached } = rig()
  await say('lease.take')
  await say('estop.press', {}, bob)
  expect(reached).toEqual(['broken stop', 'laser stop', 'stage stop'])
  expect(may(moves)).toBe('estop.latched')
  expect(may(makesSafe)).toBe('yes')
  await vi.advanceTimersByTimeAsync(0)
  await say('estop.reset')
  expect(may(moves)).toBe('yes')
})

it('holds a device whose interlock is open, and no other', async () => {
  const { may, say } = rig()
  await say('lease.take')
  expect(may(moves, ada, 'laser')).toBe('interlock.open')
  expect(may(moves, ada, 'stage')).toBe('yes')
  await say('interlock.set', { interlock: 'door', closed: true })
  expect(may(moves, ada, 'laser')).toBe('yes')
})

it('makes safe what an opening interlock guards, and says which one it was', async () => {
  const { say, reached, deeds } = rig()
  await say('interlock.set', { interlock: 'door', closed: true })
  await say('interlock.set', { interlock: 'door', closed: false })
  expect(reached).toEqual(['laser stop'])
  expect(deeds).toMatchObject([
    { who: 'Door', action: 'interlock.open', message: 'Door has opened: the key is open' },
  ])
})

it('lets a dark turret move while an interlock is open that forbids emission alone, and the other way round', async () => {
  const { may, say } = rig(true)
  const set = (interlock: string, closed: boolean) => say('interlock.set', { interlock, closed })
  await say('lease.take')
  await say('lease.beat')
  const allowed = (...commands: Command[]) => commands.map((command) => may(command, ada, 'turret'))
  expect(allowed(emits, moves, acts, sets)).toEqual([
    'interlock.open',
    'interlock.open',
    'interlock.open',
    'yes',
  ])
  await set('gate', true)
  expect(allowed(emits, moves, acts, sets)).toEqual(['interlock.open', 'yes', 'interlock.open', 'yes'])
  await set('curtain', true)
  expect(allowed(emits, moves, acts, sets)).toEqual(['yes', 'yes', 'yes', 'yes'])
  await set('gate', false)
  expect(allowed(emits, moves, acts, sets)).toEqual(['yes', 'interlock.open', 'interlock.open', 'yes'])
})

it('ends what an opening interlock forbids, and lets the rest go on', async () => {
  const { say, reached, control } = rig(true)
  const set = (interlock: string, closed: boolean) => say('interlock.set', { interlock, closed })
  for (const name of ['curtain', 'gate']) await set(name, true)
  await set('curtain', false)
  // A supply cannot say what of it emits: it is stopped as a whole.
  expect(reached).toEqual(['turret dark', 'supply stop'])
  reached.length = 0
  await set('gate', false)
  expect(reached).toEqual(['turret halt'])
  expect(control.topic.value.interlocks).toMatchObject({
    door: { forbids: ['emission', 'motion'] },
    curtain: { forbids: ['emission'] },
    gate: { forbids: ['motion'] },
  })
})

it('holds a device as a whole that cannot end by itself what an interlock forbids', async () => {
  const { may, say } = rig(true)
  await say('lease.take')
  await say('lease.beat')
  expect([emits, moves, acts, sets].map((command) => may(command, ada, 'supply'))).toEqual(
    Array(4).fill('interlock.open'),
  )
})

it('stops the whole bench when an interlock that is an emergency stop opens', async () => {
  const { control, say, reached } = rig()
  await say('interlock.set', { interlock: 'button', closed: true })
  await say('interlock.set', { interlock: 'button', closed: false })
  expect(reached).toEqual(['broken stop', 'laser stop', 'stage stop'])
  expect(control.topic.value.stop).toMatchObject({ latched: true, by: 'Button' })
})

it('lets emit only while the heartbeat comes, and ends all light 500 ms after the last beat', async () => {
  const { may, say, reached, deeds } = rig()
  await say('lease.take')
  expect(may(emits)).toBe('heartbeat.lost')
  await say('lease.beat')
  expect(may(emits)).toBe('yes')
  vi.advanceTimersByTime(499)
  expect(reached).toEqual([])
  vi.advanceTimersByTime(1)
  expect(reached).toEqual(['laser dark', 'stage dark'])
  expect(deeds).toMatchObject([{ action: 'heartbeat.lost', who: 'ada' }])
  expect(may(emits)).toBe('heartbeat.lost')
})

it('ends all light the moment the holder’s connection, or the lease, is gone', async () => {
  const { control, say, reached } = rig()
  await say('lease.take')
  await say('lease.beat')
  control.lease.disconnected(ada.client)
  expect(reached.slice(0, 2)).toEqual(['laser dark', 'stage dark'])
  reached.length = 0
  control.lease.connected(ada.client)
  await say('lease.beat')
  await say('lease.release')
  expect(reached).toContain('laser dark')
  expect(reached).toContain('stage dark')
})

it.each(['lease.release', 'lease.seize'] as const)(
  'halts what moves when the lease ends: %s',
  async (how) => {
    const { say, reached } = rig()
    await say('lease.take')
    await say(how, {}, how === 'lease.seize' ? bob : ada)
    expect(reached.filter((what) => what.endsWith('halt'))).toEqual(['laser halt', 'stage halt'])
  },
)

it('halts what moves when the holder’s last connection is lost, before the lease lapses', async () => {
  const { control, say, reached, deeds } = rig()
  await say('lease.take')
  control.lease.connected(ada.client)
  control.lease.disconnected(ada.client)
  expect(reached).toEqual([])
  control.lease.disconnected(ada.client)
  expect(reached).toEqual(['laser halt', 'stage halt'])
  expect(deeds).toMatchObject([{ action: 'connection.lost', who: 'ada' }])
})

it('does not keep the lease by what the bridge goes on with, and goes on with nothing for one who is gone', async () => {
  const { control, say } = rig()
  const steps = (): void => control.still(moves, { device: 'stage' }, ada)
  await say('lease.take')
  for (let ms = 0; ms < 59_000; ms += 500) {
    steps()
    vi.advanceTimersByTime(500)
  }
  vi.advanceTimersByTime(1000)
  expect(control.topic.value.lease).toBeUndefined()
  expect(steps).toThrow(/nobody holds the lease/)
  await say('lease.take')
  control.lease.disconnected(ada.client)
  expect(steps).toThrow(/connection is lost/)
  control.lease.connected(ada.client)
  expect(steps).not.toThrow()
})
