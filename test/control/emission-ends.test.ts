import { pino } from 'pino'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Control } from '../../bridge/control/control.ts'
import { DeviceGuards } from '../../bridge/control/device-guards.ts'
import type { Device } from '../../bridge/device/device.ts'
import type { Topic } from '../../bridge/core/topic.ts'
import type { InstrumentState } from '../../shared/instrument/instrument.ts'
import { startCtp10, startLaser } from '../support/bench-process.ts'
import { callerAs } from '../support/caller.ts'
import { freshLatch, noGuardian } from '../support/guard.ts'
import { WireTap } from '../support/wire-tap.ts'
import { call, ctp10Topic, openCtp10 } from '../instrument/ctp10-rig.ts'
import { dutTopic, openDeclared } from '../instrument/declared-rig.ts'

const ada = callerAs()
const SLOW = { timeout: 8000 }

afterEach(() => {
  vi.restoreAllMocks()
})

interface Rig {
  control: Control
  guards: DeviceGuards
  topic: Topic<InstrumentState>
  say: (name: keyof Control['handlers'], input?: object) => Promise<unknown>
  /** The device's, from now on. */
  is: (device: Device) => void
  ended: () => string | undefined
}

/** The bench's control over one device, which everybody may hold and one interlock guards. */
function rig(topic: Topic<InstrumentState>): Rig {
  let device: Device | undefined
  const { id } = topic.value
  const guards = new DeviceGuards(noGuardian)
  const control = new Control({
    interlocks: { door: { title: 'Door', key: true, emergency: false, forbids: ['emission', 'motion'] } },
    needs: new Map([[id, ['door']]]),
    guards,
    readings: { state: () => undefined, newestPower: () => undefined },
    devices: () => [[id, device]],
    mayHold: () => true,
    holderBeats: () => {},
    latch: freshLatch(),
    log: pino({ level: 'silent' }),
    did: () => {},
    signal: new AbortController().signal,
  })
  control.start()
  control.lease.connected(ada.client)
  onTestFinished(() => control[Symbol.dispose]())
  return {
    ...{ control, guards, topic },
    say: async (name, input = {}) => control.handlers[name]?.(input as never, ada),
    is: (opened) => (device = opened),
    ended: () => topic.value.emission?.ended?.why,
  }
}

/** What ends emission, and why it is said to have ended. */
const causes: [string, (rig: Rig) => Promise<unknown>, string | RegExp][] = [
  ['the lease', ({ say }) => say('lease.release'), /^ada no longer holds the lease/],
  [
    'the heartbeat',
    async ({ say }) => {
      await say('lease.beat')
      // Nothing more is heard of it.
    },
    "ada's heartbeat has stopped",
  ],
  [
    'an interlock',
    ({ say }) => say('interlock.set', { interlock: 'door', closed: false }),
    'Door has opened: the key is open',
  ],
  [
    'the emergency stop',
    ({ say }) => say('estop.press', { why: 'smoke' }),
    'ada pressed the emergency stop: smoke',
  ],
]

describe('a sweep of a CTP10', () => {
  async function sweeping(): Promise<Rig & { device: Device }> {
    const simulator = await startCtp10()
    onTestFinished(async () => void (await simulator.end()))
    const bench = rig(ctp10Topic())
    const guard = bench.guards.of('ctp10', bench.topic)
    const { device } = await openCtp10(simulator.ready.resource, {}, guard, bench.topic)
    bench.is(device)
    await bench.say('lease.take')
    await bench.say('interlock.set', { interlock: 'door', closed: true })
    await call(device, 'ctp.runSweep', {})
    expect(bench.topic.value.emission).toMatchObject({ emitting: true })
    return { ...bench, device }
  }

  it.each(causes)('that %s ends says so, in its own state and in that of the light', async (_, end, why) => {
    const bench = await sweeping()
    await end(bench)
    await expect.poll(() => bench.topic.value.sweep?.phase, SLOW).toBe('aborted')
    expect(bench.topic.value.sweep?.message).toMatch(why)
    await expect.poll(() => bench.topic.value.emission?.emitting, SLOW).toBe(false)
    expect(bench.ended()).toMatch(why)
  })

  it('that somebody aborts says who, until the next begins', async () => {
    const { device, topic } = await sweeping()
    await call(device, 'sweep.abort', {})
    await expect.poll(() => topic.value.sweep?.phase, SLOW).toBe('aborted')
    expect(topic.value.sweep).toMatchObject({ message: 'ada aborted it' })
    await expect.poll(() => topic.value.emission?.emitting, SLOW).toBe(false)
    expect(topic.value.emission?.ended).toMatchObject({ why: 'ada aborted it' })
    await call(device, 'ctp.runSweep', {})
    expect(topic.value.sweep).not.toHaveProperty('message')
    expect(topic.value.emission).not.toHaveProperty('ended')
  })

  it('that ends by itself says nothing', async () => {
    const simulator = await startCtp10(['--speed-up', '50'])
    onTestFinished(async () => void (await simulator.end()))
    const { guards, topic } = rig(ctp10Topic())
    const guard = guards.of('ctp10', topic)
    const { device } = await openCtp10(simulator.ready.resource, {}, guard, topic)
    await call(device, 'ctp.setSweep', { stabilisation: { keepOn: false, seconds: 0 } })
    await call(device, 'ctp.runSweep', {})
    await expect.poll(() => topic.value.emission?.emitting, SLOW).toBe(false)
    expect(topic.value.sweep).toMatchObject({ phase: 'done' })
    expect(topic.value.emission).not.toHaveProperty('ended')
  })
})

it('a reference that has no end is ended, and says so', async () => {
  await using simulator = await startCtp10()
  const { guards, topic } = rig(ctp10Topic())
  const guard = guards.of('ctp10', topic)
  const { device } = await openCtp10(simulator.ready.resource, {}, guard, topic)
  await call(device, 'ctp.takeReference', { channel: 1 })
  await expect.poll(() => topic.value.condition?.active).toContain('referencing')
  const late = Date.now() + 61_000
  vi.spyOn(Date, 'now').mockImplementation(() => late)
  const why = 'no end after 60 s: it was aborted, look at the instrument'
  await expect
    .poll(() => topic.value.ctp10?.referencing, SLOW)
    .toMatchObject({ phase: 'failed', message: why })
  await expect.poll(() => topic.value.condition?.register, SLOW).toBe(0)
  await expect.poll(() => topic.value.emission?.emitting, SLOW).toBe(false)
  expect(topic.value.emission?.ended).toMatchObject({ why })
})

it('a sweep whose connection is lost says so once it is known to have ended', async () => {
  await using simulator = await startCtp10()
  await using tap = await WireTap.open(simulator.ready.port)
  const { guards, topic } = rig(ctp10Topic())
  const guard = guards.of('ctp10', topic)
  const resource = `TCPIP::127.0.0.1::${tap.port}::SOCKET`
  const { device } = await openCtp10(resource, {}, guard, topic)
  await call(device, 'ctp.runSweep', {})
  tap.cut()
  await expect.poll(() => guard.reason).toBeDefined()
  await device[Symbol.asyncDispose]()
  // Nobody knows better until it has been asked.
  expect(topic.value.emission).toMatchObject({ emitting: true })
  await openCtp10(resource, {}, guard, topic)
  expect(topic.value.emission).toMatchObject({ emitting: false })
  expect(topic.value.emission?.ended?.why).toMatch(/connection .* was closed/)
  expect(topic.value.sweep).toMatchObject({ phase: 'aborted' })
  expect(topic.value.sweep?.message).toMatch(/connection .* was closed/)
})

describe('the light of a declared laser', () => {
  async function lit(through?: (port: number) => Promise<WireTap>): Promise<Rig & { tap?: WireTap }> {
    const simulator = await startLaser()
    onTestFinished(async () => void (await simulator.end()))
    const tap = await through?.(Number(/::(\d+)::/.exec(simulator.ready.resource)?.[1]))
    const resource = tap ? `TCPIP::127.0.0.1::${tap.port}::SOCKET` : simulator.ready.resource
    const bench = rig(dutTopic())
    const guard = bench.guards.of('dut', bench.topic)
    const open = async (): Promise<Device> => {
      const { device } = await openDeclared({ resource, model: 'lightbench-test-laser' }, guard, bench.topic)
      bench.is(device)
      onTestFinished(() => device[Symbol.asyncDispose]())
      return device
    }
    const device = await open()
    await bench.say('lease.take')
    await bench.say('interlock.set', { interlock: 'door', closed: true })
    await device.commands['instrument.emit']?.({ device: 'dut', setting: 'output', value: true }, ada)
    expect(bench.topic.value.emission).toMatchObject({ emitting: true })
    if (!tap) return bench
    tap.cut()
    await expect.poll(() => guard.reason).toBeDefined()
    await device[Symbol.asyncDispose]()
    expect(bench.topic.value.emission).toMatchObject({ emitting: true })
    await open()
    return { ...bench, tap }
  }

  it.each(causes)('that %s ends says so', async (_, end, why) => {
    const bench = await lit()
    await end(bench)
    await expect.poll(() => bench.topic.value.emission?.emitting, SLOW).toBe(false)
    expect(bench.ended()).toMatch(why)
  })

  it('that was lost with its connection says so once it is known to be off', async () => {
    const { topic, ended, tap } = await lit((port) => WireTap.open(port))
    onTestFinished(() => tap?.[Symbol.asyncDispose]())
    expect(topic.value.emission).toMatchObject({ emitting: false })
    expect(ended()).toMatch(/connection .* was closed/)
  })
})
