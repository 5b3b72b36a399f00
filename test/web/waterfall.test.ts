import { expect, it } from 'vitest'
import { waterfall } from '../../web/diagnostics/waterfall.ts'
import { bytesText } from '../../web/diagnostics/words.ts'

const stage = (medianMs: number, p95Ms: number) => ({ count: 10, medianMs, p95Ms })

it('lets each stage begin where the one before ends, in the order of the way', () => {
  const steps = waterfall({ decode: stage(4, 4), capture: stage(2, 3), encode: stage(4, 10) })
  expect(steps.map(({ stage: name, side }) => [name, side])).toEqual([
    ['capture', 'camera'],
    ['encode', 'camera'],
    ['decode', 'viewer'],
  ])
  expect(steps.map(({ from }) => from * 12)).toEqual([
    expect.closeTo(0),
    expect.closeTo(2),
    expect.closeTo(6),
  ])
})

it('fits the longest into the picture, and draws nothing of nothing', () => {
  for (const { from, median, p95 } of waterfall({
    slot: stage(0, 0),
    encode: stage(3, 40),
    send: stage(1, 1),
  })) {
    expect(from + median + p95).toBeLessThanOrEqual(1.000001)
  }
  expect(waterfall({})).toEqual([])
})

it('says bytes as people do', () => {
  expect([undefined, 12, 3200, 84_000_000_000].map(bytesText)).toEqual(['—', '12 B', '3.2 kB', '84 GB'])
})
