import { expect, it } from 'vitest'
import { leaseAnnouncement, leaseWords, waiting } from '../../web/control/lease-words.ts'
import { deviceWords, stopAnswerWords, unsafeWords } from '../../web/control/stop-words.ts'

const lease = { client: 'b'.repeat(12), name: 'Ben', since: 0, connected: true, beating: true }

it('says who has control', () => {
  expect(leaseWords('free', undefined, 'Anna')).toBe('Nobody has control')
  expect(leaseWords('mine', lease, 'Ben')).toBe('You have control')
  expect(leaseWords('other', lease, 'Anna')).toBe('Ben has control')
  expect(leaseWords('other', lease, 'Ben')).toBe('Another page of yours has control')
  expect(leaseWords('other', { ...lease, name: 'local' }, 'Anna')).toBe('Local operator has control')
})

it('names first who has waited longest', () => {
  const asks = { x: { name: 'Carla', since: 20 }, y: { name: 'Ben', since: 10 } }
  expect(waiting(asks).map(({ client }) => client)).toEqual(['y', 'x'])
})

it('tells the holder alone who asks, and that the end is near', () => {
  const state = {
    lease: { ...lease, lapsesAt: 5 },
    asks: { x: { name: 'Carla', since: 0 } },
    stop: { latched: false, devices: {} },
    interlocks: {},
  }
  expect(leaseAnnouncement('You have control', 'mine', state)).toBe(
    'You have control. Your control is about to end. Asking for it: Carla',
  )
  expect(leaseAnnouncement('Ben has control', 'other', state)).toBe('Ben has control')
})

it('says of each device what it has made of the stop', () => {
  expect(deviceWords({ state: 'safe' })).toBe('safe')
  expect(deviceWords({ state: 'unconfirmed', reason: 'no answer' })).toBe('not confirmed: no answer')
  expect(deviceWords({ state: 'unproven' })).toBe('sent, not confirmed')
})

it('names the devices that keep the stop from being reset, until somebody has looked at those that prove nothing', () => {
  const titleOf = (id: string): string => id.toUpperCase()
  const devices = {
    a: { state: 'stopping' },
    b: { state: 'unconfirmed' },
    c: { state: 'closed' },
    d: { state: 'safe' },
    e: { state: 'unproven' },
  } as const
  expect(unsafeWords(devices, new Set(['b', 'e']), titleOf)).toBe('Not safe yet: A')
  const { a: _, ...rest } = devices
  expect(unsafeWords(rest, new Set(), titleOf)).toBe('Look at B, E, and tick that it is safe')
  expect(unsafeWords(rest, new Set(['e', 'c']), titleOf)).toBe('Look at B, and tick that it is safe')
  expect(unsafeWords(rest, new Set(['b', 'e']), titleOf)).toBeUndefined()
  expect(unsafeWords({ c: devices.c, d: devices.d }, new Set(), titleOf)).toBeUndefined()
})

it('says who has carried a stop out', () => {
  expect(stopAnswerWords({ by: 'bridge', stopMs: 1.24 })).toBe(
    'The bridge has told every device within 1.2 ms.',
  )
  expect(stopAnswerWords({ by: 'guardian', stopMs: 140 })).toBe(
    'The bridge did not answer: its guardian has told every device itself within 140.0 ms.',
  )
})
