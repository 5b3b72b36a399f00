import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import type { ControlState } from '../../shared/control.ts'
import { EmergencyStop } from '../../bridge/control/emergency-stop.ts'
import type { Device } from '../../bridge/core/device.ts'
import { Topic } from '../../bridge/core/topic.ts'
import { freshLatch } from '../support/guard.ts'

function device(stop: () => Promise<void>): Device {
  return { commands: {}, stop, [Symbol.asyncDispose]: () => Promise.resolve() }
}

function rig(
  devices: Record<string, Device | undefined>,
  latch = freshLatch(),
): {
  stop: EmergencyStop
  state: () => ControlState['stop']
} {
  const topic = new Topic<ControlState>('control', {
    asks: {},
    stop: { latched: false, devices: {} },
    interlocks: {},
  })
  const stop = new EmergencyStop(topic, () => Object.entries(devices), latch, pino({ level: 'silent' }))
  return { stop, state: () => topic.value.stop }
}

it('reaches every device before it returns, whatever one of them throws', () => {
  const reached: string[] = []
  const { stop } = rig({
    one: device(() => (reached.push('one'), new Promise(() => {}))),
    two: device(() => {
      throw new Error('a driver’s mistake')
    }),
    three: device(() => (reached.push('three'), Promise.resolve())),
  })
  stop.press('ada')
  expect(reached).toEqual(['one', 'three'])
})

it('latches, says who and why, and what each device reports', async () => {
  const { stop, state } = rig({
    safe: device(() => Promise.resolve()),
    slow: device(() => new Promise(() => {})),
    mute: device(() => Promise.reject(new Error('no answer'))),
    off: undefined,
  })
  stop.press('ada', 'smoke')
  await expect.poll(() => state().devices['mute']?.state).toBe('unconfirmed')
  expect(state()).toMatchObject({ latched: true, by: 'ada', why: 'smoke' })
  expect(state().devices).toMatchObject({
    safe: { state: 'safe' },
    slow: { state: 'stopping' },
    mute: { state: 'unconfirmed', reason: 'no answer' },
    off: { state: 'closed' },
  })
  expect(() => stop.require()).toThrow(/ada pressed the emergency stop/)
})

it('is not reset before every open device has reported safe', async () => {
  const answer = Promise.withResolvers<void>()
  const { stop, state } = rig({ dut: device(() => answer.promise), off: undefined })
  stop.press('ada')
  expect(() => stop.reset()).toThrow(/dut \(stopping\)/)
  answer.resolve()
  await expect.poll(() => state().devices['dut']?.state).toBe('safe')
  stop.reset()
  expect(state()).toEqual({ latched: false, devices: {} })
  expect(() => stop.require()).not.toThrow()
})

it('takes an answer to an earlier press for none to this one', async () => {
  const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let asked = 0
  const { stop, state } = rig({ dut: device(() => answers[asked++]?.promise ?? Promise.resolve()) })
  stop.press('ada')
  stop.press('bob')
  answers[0]?.resolve()
  await new Promise(setImmediate)
  expect(state()).toMatchObject({ by: 'bob', devices: { dut: { state: 'stopping' } } })
})

it('stops a device that opens while it is latched', async () => {
  let stopped = 0
  const late = device(() => ((stopped += 1), Promise.resolve()))
  const { stop, state } = rig({ dut: undefined })
  stop.deviceOpened('dut', late)
  expect(stopped).toBe(0)
  stop.press('ada')
  stop.deviceOpened('dut', late)
  expect(stopped).toBe(1)
  await expect.poll(() => state().devices['dut']?.state).toBe('safe')
})

it('latches beyond the end of the process, until it is reset', async () => {
  const latch = freshLatch()
  rig({}, latch).stop.press('ada', 'smoke')
  const { stop, state } = rig({ one: device(() => Promise.resolve()) }, latch)
  expect(state()).toMatchObject({ latched: true, by: 'ada', why: 'smoke' })
  await vi.waitFor(() => stop.reset())
  expect(rig({}, latch).state().latched).toBe(false)
})
