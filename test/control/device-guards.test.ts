import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { DeviceGuards, type Guardian } from '../../bridge/control/device-guards.ts'
import type { DeviceGuard } from '../../bridge/core/guard.ts'
import { Topic } from '../../bridge/core/topic.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { DeviceBase } from '../../shared/wire/device.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function rig(): {
  guard: DeviceGuard
  guards: DeviceGuards
  told: object[]
  emission: () => DeviceBase['emission']
  lose: () => void
} {
  const told: object[] = []
  let lost = false
  const guardian: Guardian = {
    require: () => {
      if (lost) throw new BenchError('guardian.lost', 'the guardian is lost')
    },
    protect: () => {},
    may: (_, may) => told.push(may) > 0,
  }
  const guards = new DeviceGuards(guardian)
  const topic = new Topic<DeviceBase>('instrument/dut', {
    ...{ id: 'dut', kind: 'instrument.scpi', family: 'instrument', title: 'DUT' },
    lifecycle: { phase: 'ready', since: 0 },
  })
  const guard = guards.of('dut', topic)
  return { guard, guards, told, emission: () => topic.value.emission, lose: () => (lost = true) }
}

it('tells the guardian and the pages before light may come, and takes it back by what is read alone', () => {
  const { guard, guards, told, emission } = rig()
  guard.mayEmit()
  guard.seenEmitting()
  expect(told).toEqual([{ emit: true, move: false }])
  expect(emission()).toMatchObject({ emitting: true })
  expect(guards.mayEmit('dut')).toBe(true)
  guard.seenDark()
  guard.seenDark()
  expect(told).toEqual([
    { emit: true, move: false },
    { emit: false, move: false },
  ])
  expect(emission()).toEqual({ emitting: false, since: Date.now() })
  expect(guards.mayEmit('dut')).toBe(false)
})

it('refuses, and shows nothing, where no guardian would end it', () => {
  const { guard, told, emission, lose } = rig()
  lose()
  expect(() => guard.mayEmit()).toThrow('the guardian is lost')
  expect([told, emission()]).toEqual([[], undefined])
})

it('says of an emission what ended it first, until the next begins', () => {
  const { guard, guards, emission } = rig()
  guard.ending('nothing emits yet')
  guard.mayEmit()
  expect(guard.reason).toBeUndefined()
  guards.ending('the door has opened')
  guard.ending('the bench has closed it')
  expect(guard.reason).toBe('the door has opened')
  guard.seenDark()
  expect(emission()?.ended).toEqual({ at: Date.now(), why: 'the door has opened' })
  guard.mayEmit()
  expect(emission()).not.toHaveProperty('ended')
})

it('does not take for a reason what was said long before, nor what ended the emission before', () => {
  const { guard, emission } = rig()
  guard.mayEmit()
  guard.ending('the heartbeat has stopped')
  guard.mayEmit()
  guard.seenDark()
  expect(emission()).not.toHaveProperty('ended')
  guard.mayEmit()
  guard.ending('long ago')
  vi.advanceTimersByTime(10_000)
  expect(guard.reason).toBeUndefined()
  guard.ending('the connection was lost')
  guard.seenDark()
  expect(emission()?.ended?.why).toBe('the connection was lost')
})
