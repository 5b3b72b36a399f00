import { expect, it } from 'vitest'
import { BridgeClock } from '../../web/link/clock.ts'

const LOCAL = 1_000_000

function clock(): BridgeClock {
  return new BridgeClock(() => LOCAL)
}

it('believes the shortest round trip', () => {
  const bridge = clock()
  bridge.note(0, 100, 550)
  bridge.note(200, 204, 702)
  bridge.note(300, 360, 840)
  expect(bridge.now()).toBe(LOCAL + 500)
  expect(bridge.rttMs()).toBe(4)
})

it('takes two ends of one machine for one clock', () => {
  const bridge = clock()
  bridge.note(0, 10, 8)
  expect(bridge.now()).toBe(LOCAL)
})

it('forgets what was before when one of the clocks is set anew', () => {
  const bridge = clock()
  bridge.note(0, 4, 502)
  bridge.note(10, 20, 5015)
  expect(bridge.now()).toBe(LOCAL + 5000)
})

it('is this machine’s own until the bridge has answered', () => {
  expect(clock().now()).toBe(LOCAL)
  expect(clock().rttMs()).toBeUndefined()
})
