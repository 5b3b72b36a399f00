import { pino } from 'pino'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { ControlState } from '../../shared/control/control.ts'
import { EmergencyStop } from '../../bridge/control/emergency-stop.ts'
import type { Device, StopOutcome } from '../../bridge/device/device.ts'
import type { LatchFile } from '../../bridge/core/latch.ts'
import { Topic } from '../../bridge/core/topic.ts'
import { freshLatch } from '../support/guard.ts'

function device(stop: () => Promise<StopOutcome>): Device {
  return { commands: {}, stop, [Symbol.asyncDispose]: () => Promise.resolve() }
}

interface RigOptions {
  mayEmit: (device: string) => boolean
  latch: LatchFile
}

function rig(
  devices: Record<string, Device | undefined>,
  { mayEmit = () => false, latch = freshLatch() }: Partial<RigOptions> = {},
): {
  stop: EmergencyStop
  state: () => ControlState['stop']
} {
  const topic = new Topic<ControlState>('control', {
    asks: {},
    stop: { latched: false, devices: {} },
    interlocks: {},
  })
  const stop = new EmergencyStop(topic, {
    devices: () => Object.entries(devices),
    ...{ latch, mayEmit, log: pino({ level: 'silent' }) },
  })
  return { stop, state: () => topic.value.stop }
}

it('reaches every device before it returns, whatever one of them throws', () => {
  const reached: string[] = []
  const { stop } = rig({
    one: device(() => (reached.push('one'), new Promise(() => {}))),
    two: device(() => {
      throw new Error('a driver’s mistake')
    }),
    three: device(() => (reached.push('three'), Promise.resolve('proven'))),
  })
  void stop.press('ada')
  expect(reached).toEqual(['one', 'three'])
})

it('latches, says who and why, and what each device reports', async () => {
  const { stop, state } = rig({
    safe: device(() => Promise.resolve('proven')),
    sent: device(() => Promise.resolve('sent')),
    slow: device(() => new Promise(() => {})),
    mute: device(() => Promise.reject(new Error('no answer'))),
    off: undefined,
  })
  void stop.press('ada', 'smoke')
  await expect.poll(() => state().devices['mute']?.state).toBe('unconfirmed')
  expect(state()).toMatchObject({ latched: true, by: 'ada', why: 'smoke' })
  expect(state().devices).toMatchObject({
    safe: { state: 'safe' },
    sent: { state: 'unproven', reason: 'nothing of this device can prove it: look at it' },
    slow: { state: 'stopping' },
    mute: { state: 'unconfirmed', reason: 'no answer' },
    off: { state: 'closed' },
  })
  expect(() => stop.require()).toThrow(/ada pressed the emergency stop/)
})

it('is not reset before every open device has proven that it is safe', async () => {
  const answer = Promise.withResolvers<StopOutcome>()
  const { stop, state } = rig({ dut: device(() => answer.promise), off: undefined })
  void stop.press('ada')
  expect(() => stop.reset()).toThrow(/dut \(stopping\)/)
  answer.resolve('proven')
  await expect.poll(() => state().devices['dut']?.state).toBe('safe')
  stop.reset()
  expect(state()).toEqual({ latched: false, devices: {} })
  expect(() => stop.require()).not.toThrow()
})

it('takes an answer to an earlier press for none to this one', async () => {
  const answers = [Promise.withResolvers<StopOutcome>(), Promise.withResolvers<StopOutcome>()]
  let asked = 0
  const { stop, state } = rig({ dut: device(() => answers[asked++]?.promise ?? Promise.resolve('proven')) })
  void stop.press('ada')
  void stop.press('bob')
  answers[0]?.resolve('proven')
  await new Promise(setImmediate)
  expect(state()).toMatchObject({ by: 'bob', devices: { dut: { state: 'stopping' } } })
})

it('stops a device that opens while it is latched', async () => {
  let stopped = 0
  const late = device(() => ((stopped += 1), Promise.resolve('proven')))
  const { stop, state } = rig({ dut: undefined })
  stop.deviceOpened('dut', late)
  expect(stopped).toBe(0)
  void stop.press('ada')
  stop.deviceOpened('dut', late)
  expect(stopped).toBe(1)
  await expect.poll(() => state().devices['dut']?.state).toBe('safe')
})

it('latches beyond the end of the process, until it is reset', async () => {
  const latch = freshLatch()
  void rig({}, { latch }).stop.press('ada', 'smoke')
  const { stop, state } = rig({ one: device(() => Promise.resolve('proven')) }, { latch })
  expect(state()).toMatchObject({ latched: true, by: 'ada', why: 'smoke' })
  await vi.waitFor(() => stop.reset())
  expect(rig({}, { latch }).state().latched).toBe(false)
})

it('is reset once somebody has looked at each device that has proven nothing, and not before', async () => {
  const { stop, state } = rig({
    safe: device(() => Promise.resolve('proven')),
    sent: device(() => Promise.resolve('sent')),
    mute: device(() => Promise.reject(new Error('no answer'))),
  })
  void stop.press('ada')
  await expect.poll(() => state().devices['mute']?.state).toBe('unconfirmed')
  expect(() => stop.reset()).toThrow(/sent \(nothing of this device can prove it.*mute \(no answer\)/)
  expect(() => stop.reset(['safe', 'mute'])).toThrow(/: sent \(nothing/)
  expect(() => stop.reset(['sent'])).toThrow(/: mute \(no answer\)/)
  expect(state().latched).toBe(true)
  stop.reset(['sent', 'mute'])
  expect(state()).toEqual({ latched: false, devices: {} })
})

it('is not reset over a device that has not been heard of, whoever has looked at it', () => {
  const { stop } = rig({ slow: device(() => new Promise(() => {})) })
  void stop.press('ada')
  expect(() => stop.reset(['slow'])).toThrow(/slow \(stopping\)/)
})

it('calls a device unconfirmed that says nothing at all', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { stop, state } = rig({ slow: device(() => new Promise(() => {})) })
  void stop.press('ada')
  await vi.advanceTimersByTimeAsync(20_000)
  expect(state().devices['slow']).toMatchObject({
    state: 'unconfirmed',
    reason: 'it has said nothing for 20 s',
  })
})

it('has somebody look at a device that is not connected, and emitted when it was last heard of', () => {
  const { stop, state } = rig({ laser: undefined, off: undefined }, { mayEmit: (id) => id === 'laser' })
  void stop.press('ada')
  expect(state().devices).toMatchObject({ laser: { state: 'unconfirmed' }, off: { state: 'closed' } })
  expect(() => stop.reset()).toThrow(/laser \(not connected, and it may emit: look at it\)/)
  stop.reset(['laser'])
  expect(state().latched).toBe(false)
})
