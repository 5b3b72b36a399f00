import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Direction } from '../../shared/turret/turret.ts'
import { padWish } from '../../web/turret/motion/gamepad.ts'
import { DEAD_ZONE, shareOf, stickVelocity, together } from '../../web/turret/motion/jog-speed.ts'
import { Jogger } from '../../web/turret/motion/jogger.ts'
import { meaningOf } from '../../web/turret/motion/keys.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function rig(answer: () => Promise<unknown> = () => Promise.resolve()) {
  const asked: Direction[] = []
  const failures: unknown[] = []
  const told = { halts: 0 }
  const jogger = new Jogger({
    jog: (velocity) => {
      asked.push(velocity)
      return answer()
    },
    halt: () => {
      told.halts += 1
      return Promise.resolve()
    },
    failed: (error) => failures.push(error),
    fastest: () => 60,
  })
  return { jogger, asked, failures, told }
}

it('rests in the dead zone, is fine near it and fast at the end, and never turns back', () => {
  expect(shareOf(DEAD_ZONE)).toBe(0)
  expect(shareOf(0.57)).toBeLessThan(0.25)
  expect(shareOf(1)).toBe(1)
  expect(shareOf(1.4)).toBe(1)
  const shares = Array.from({ length: 101 }, (_, i) => shareOf(i / 100))
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
})

it('turns where the stick points, up being up, equally fast in every direction', () => {
  expect(stickVelocity(0, -1, 40)).toEqual({ pan: 0, tilt: 40 })
  const slanting = stickVelocity(Math.SQRT1_2, Math.SQRT1_2, 40)
  expect(Math.hypot(slanting.pan, slanting.tilt)).toBeCloseTo(40)
  expect(slanting.pan).toBeCloseTo(-slanting.tilt)
  expect(stickVelocity(0.1, 0.09, 40)).toEqual({ pan: 0, tilt: 0 })
})

it('adds what several hands ask for, to the fastest at most', () => {
  expect(
    together(
      [
        { pan: 50, tilt: 3 },
        { pan: 50, tilt: -5 },
      ],
      60,
    ),
  ).toEqual({ pan: 60, tilt: -2 })
})

it('reads a gamepad: the stick by its deflection, the cross steadily, the right button halts', () => {
  const buttons = Array.from({ length: 17 }, (_, i) => ({ pressed: i === 15 || i === 12 }))
  expect(padWish({ axes: [0, 0], buttons }, 60, 10)).toEqual({ velocity: { pan: 10, tilt: 10 }, halt: false })
  expect(padWish({ axes: [1, 0], buttons: [] }, 60, 10).velocity).toEqual({ pan: 60, tilt: 0 })
  const halting = [{ pressed: false }, { pressed: true }]
  expect(padWish({ axes: [], buttons: halting }, 60, 10)).toEqual({
    velocity: { pan: 0, tilt: 0 },
    halt: true,
  })
})

it('repeats a jog more often than every 200 ms while it is held, and halts once when it is let go', async () => {
  const { jogger, asked, told } = rig()
  jogger.hold('arrow', { pan: 5, tilt: 0 })
  await vi.advanceTimersByTimeAsync(1000)
  expect(asked.length).toBeGreaterThan(6)
  expect(asked).toEqual(asked.map(() => ({ pan: 5, tilt: 0 })))
  jogger.release('arrow')
  const until = asked.length
  await vi.advanceTimersByTimeAsync(1000)
  expect(asked).toHaveLength(until)
  expect(told.halts).toBe(1)
  jogger.release('arrow')
  expect(told.halts).toBe(1)
})

it('goes on for one hand when another lets go', async () => {
  const { jogger, asked, told } = rig()
  jogger.hold('left', { pan: -5, tilt: 0 })
  jogger.hold('up', { pan: 0, tilt: 5 })
  jogger.release('left')
  await vi.advanceTimersByTimeAsync(100)
  expect(told.halts).toBe(0)
  expect(asked.at(-1)).toEqual({ pan: 0, tilt: 5 })
})

it('ends everything at once, and takes no more from a hand that still holds until it has let go', async () => {
  const { jogger, asked, told } = rig()
  jogger.hold('pad', { pan: 5, tilt: 0 })
  jogger.releaseAll()
  expect(told.halts).toBe(1)
  const until = asked.length
  jogger.hold('pad', { pan: 6, tilt: 0 })
  await vi.advanceTimersByTimeAsync(500)
  expect(asked).toHaveLength(until)
  jogger.hold('pad', { pan: 0, tilt: 0 })
  jogger.hold('pad', { pan: 6, tilt: 0 })
  expect(asked.at(-1)).toEqual({ pan: 6, tilt: 0 })
})

it('ends at the first refusal and says it once', async () => {
  const { jogger, failures, told } = rig(() => Promise.reject(new Error('at the limit')))
  jogger.hold('pad', { pan: 5, tilt: 0 })
  await vi.advanceTimersByTimeAsync(1000)
  expect(failures).toHaveLength(1)
  expect(told.halts).toBe(1)
  expect(jogger.jogging).toBe(false)
})

it('piles nothing up on a link that does not answer', async () => {
  const { jogger, asked } = rig(() => new Promise(() => {}))
  jogger.hold('arrow', { pan: 5, tilt: 0 })
  await vi.advanceTimersByTimeAsync(5000)
  expect(asked).toHaveLength(2)
})

it.each([
  ['ArrowLeft', { kind: 'jog', way: { pan: -1, tilt: 0 } }],
  ['ArrowUp', { kind: 'jog', way: { pan: 0, tilt: 1 } }],
  ['7', { kind: 'preset', key: 7 }],
  ['x', { kind: 'halt' }],
  ['X', { kind: 'halt' }],
  ['0', undefined],
  ['Escape', undefined],
  ['a', undefined],
])('takes %s for what it is', (key, meaning) => {
  expect(meaningOf({ key })).toEqual(meaning)
})

it('leaves shortcuts to the browser', () => {
  expect(meaningOf({ key: '1', ctrlKey: true })).toBeUndefined()
  expect(meaningOf({ key: 'ArrowLeft', altKey: true })).toBeUndefined()
  expect(meaningOf({ key: 'x', metaKey: true })).toBeUndefined()
})
