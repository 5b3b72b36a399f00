import { describe, expect, it } from 'vitest'
import { ageCutter } from '../../web/camera/video/age-cutter.ts'

/** The second at which the cutter asks for joining anew, when the latency is `ageAt(second)`. */
function cutAt(ageAt: (second: number) => number | undefined): number | undefined {
  const tooOld = ageCutter()
  for (let second = 0; second < 120; second++) if (tooOld(second * 1000, ageAt(second))) return second
  return undefined
}

describe('latency that has grown', () => {
  it('is cut back after 3 s', () => {
    expect(cutAt((second) => (second < 60 ? 40 : 500))).toBe(63)
  })

  it('is left alone when the link was always slow, or slow for a moment', () => {
    expect(cutAt(() => 900)).toBe(undefined)
    expect(cutAt((second) => (second % 10 === 5 ? 900 : 40))).toBe(undefined)
    expect(cutAt(() => undefined)).toBe(undefined)
  })

  it('is not cut again within 30 s of joining', () => {
    expect(cutAt((second) => (second === 0 ? 40 : 500))).toBe(30)
  })
})
