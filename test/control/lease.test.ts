import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ControlState } from '../../shared/control/control.ts'
import { Lease, type LeaseEvents } from '../../bridge/control/lease.ts'
import { Topic } from '../../bridge/core/topic.ts'
import type { Caller } from '../../bridge/device/device.ts'
import { publicRefOf } from '../../bridge/core/client-ref.ts'
import { callerAs } from '../support/caller.ts'

const ada = callerAs({ name: 'ada', client: 'aaaaaaaaaaaa' })
const bob = callerAs({ name: 'bob', client: 'bbbbbbbbbbbb', key: 'session-2' })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function rig(mayHold: (caller: Caller) => boolean = () => true): {
  lease: Lease
  state: () => ControlState
  events: string[]
} {
  const topic = new Topic<ControlState>('control', {
    asks: {},
    stop: { latched: false, devices: {} },
    interlocks: {},
  })
  const events: string[] = []
  const heard: LeaseEvents = {
    ended: (holder, why) => events.push(`${holder}: ${why}`),
    silent: (holder) => events.push(`${holder} silent`),
    beats: () => {},
    lost: (holder) => events.push(`${holder} lost`),
  }
  const lease = new Lease(topic, heard, mayHold)
  lease.connected(ada.client)
  lease.connected(bob.client)
  return { lease, state: () => topic.value, events }
}

async function say(
  lease: Lease,
  name: keyof Lease['handlers'],
  caller: Caller,
  input: object = {},
): Promise<void> {
  await lease.handlers[name]?.(input as never, caller)
}

/** Beats every 250 ms for so long; `active` as a page says it whose person does something. */
async function beatFor(lease: Lease, ms: number, active: boolean): Promise<void> {
  for (let t = 0; t < ms; t += 250) {
    await say(lease, 'lease.beat', ada, { active })
    vi.advanceTimersByTime(250)
  }
}

it('is held by one at a time', async () => {
  const { lease, state } = rig()
  await say(lease, 'lease.take', ada)
  expect(state().lease).toMatchObject({ client: publicRefOf(ada.client), name: 'ada', connected: true })
  expect(() => lease.handlers['lease.take']?.({}, bob)).toThrow(/ada holds the lease/)
  expect(() => lease.require(bob)).toThrow(/ada holds the lease/)
  expect(() => lease.require(ada)).not.toThrow()
})

it('says to whom it belongs, or that it is free, to one who acts without it', () => {
  const { lease } = rig()
  expect(() => lease.require(ada)).toThrow(/nobody holds the lease/)
})

it('is handed over only to one who asks', async () => {
  const { lease, state, events } = rig()
  await say(lease, 'lease.take', ada)
  expect(() => lease.handlers['lease.give']?.({ to: publicRefOf(bob.client) }, ada)).toThrow(/nobody named/)
  await say(lease, 'lease.ask', bob)
  expect(state().asks).toMatchObject({ [publicRefOf(bob.client)]: { name: 'bob' } })
  await say(lease, 'lease.give', ada, { to: publicRefOf(bob.client) })
  expect(state()).toMatchObject({ lease: { client: publicRefOf(bob.client) }, asks: {} })
  expect(events).toEqual(['ada: given to bob'])
})

it('is taken at once by one who asks while it is free', async () => {
  const { lease, state } = rig()
  await say(lease, 'lease.ask', bob)
  expect(state().lease).toMatchObject({ client: publicRefOf(bob.client) })
})

it('is declined without being lost, and an ask can be withdrawn', async () => {
  const { lease, state } = rig()
  await say(lease, 'lease.take', ada)
  await say(lease, 'lease.ask', bob)
  await say(lease, 'lease.decline', ada, { to: publicRefOf(bob.client) })
  expect(state()).toMatchObject({ lease: { client: publicRefOf(ada.client) }, asks: {} })
  await say(lease, 'lease.ask', bob)
  await say(lease, 'lease.withdraw', bob)
  expect(state().asks).toEqual({})
})

it('lapses after 60 s without activity, and warns for the last 30', async () => {
  const { lease, state, events } = rig()
  await say(lease, 'lease.take', ada)
  await beatFor(lease, 29_000, false)
  expect(state().lease).not.toHaveProperty('lapsesAt')
  await beatFor(lease, 2000, false)
  expect(state().lease?.lapsesAt).toBe(Date.now() + 29_000)
  await beatFor(lease, 28_500, false)
  expect(state().lease).toBeDefined()
  await beatFor(lease, 250, false)
  vi.advanceTimersByTime(300)
  expect(state().lease).toBeUndefined()
  expect(events.at(-1)).toMatch(/ada: nothing was done for 60 s/)
})

it('lasts as long as something is done', async () => {
  const { lease, state } = rig()
  await say(lease, 'lease.take', ada)
  await beatFor(lease, 180_000, true)
  expect(state().lease).toMatchObject({ client: publicRefOf(ada.client) })
  expect(state().lease).not.toHaveProperty('lapsesAt')
})

it('lapses 2 s after the connection was lost, and light does not wait for that', async () => {
  const { lease, state, events } = rig()
  await say(lease, 'lease.take', ada)
  await say(lease, 'lease.beat', ada)
  lease.disconnected(ada.client)
  expect(events).toEqual(['ada silent', 'ada lost'])
  expect(() => lease.requireConnected()).toThrow(/connection is lost/)
  vi.advanceTimersByTime(1990)
  expect(state().lease).toMatchObject({ connected: false })
  vi.advanceTimersByTime(20)
  expect(state().lease).toBeUndefined()
  expect(events).toEqual(['ada silent', 'ada lost', 'ada: its connection was lost'])
})

it('is kept by a page that comes back in time', async () => {
  const { lease, state } = rig()
  await say(lease, 'lease.take', ada)
  lease.disconnected(ada.client)
  vi.advanceTimersByTime(1500)
  lease.connected(ada.client)
  vi.advanceTimersByTime(5000)
  expect(state().lease).toMatchObject({ client: publicRefOf(ada.client), connected: true })
  expect(() => lease.requireConnected()).not.toThrow()
})

it('is taken by an administrator from whoever holds it', async () => {
  const { lease, state, events } = rig()
  await say(lease, 'lease.take', ada)
  await say(lease, 'lease.seize', bob)
  expect(state().lease).toMatchObject({ client: publicRefOf(bob.client) })
  expect(events).toEqual(['ada: taken by bob'])
})

it('tells of a silent heartbeat 500 ms after the last beat, and refuses light from then on', async () => {
  const { lease, state, events } = rig()
  await say(lease, 'lease.take', ada)
  expect(() => lease.requireHeartbeat()).toThrow(/no heartbeat/)
  await say(lease, 'lease.beat', ada)
  vi.advanceTimersByTime(499)
  expect(() => lease.requireHeartbeat()).not.toThrow()
  expect(events).toEqual([])
  vi.advanceTimersByTime(1)
  expect(events).toEqual(['ada silent'])
  expect(state().lease).toMatchObject({ beating: false })
  expect(() => lease.requireHeartbeat()).toThrow(/no heartbeat/)
})

it('ends within 50 ms of its holder’s not being one who may act, whoever they had it from', async () => {
  let allowed = 'ada bob'
  const { lease, state, events } = rig(({ name }) => allowed.includes(name))
  await say(lease, 'lease.take', ada)
  await say(lease, 'lease.ask', bob)
  await say(lease, 'lease.give', ada, { to: publicRefOf(bob.client) })
  allowed = 'bob'
  vi.advanceTimersByTime(1000)
  expect(state().lease).toMatchObject({ client: publicRefOf(bob.client) })
  allowed = 'ada'
  vi.advanceTimersByTime(50)
  expect(state().lease).toBeUndefined()
  expect(events.at(-1)).toBe('bob: its holder may not act any more')
})

it('forgets the ask of one who has gone', async () => {
  const { lease, state } = rig()
  await say(lease, 'lease.take', ada)
  await say(lease, 'lease.ask', bob)
  lease.disconnected(bob.client)
  expect(state().asks).toEqual({})
})
