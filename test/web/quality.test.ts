import { describe, expect, it } from 'vitest'
import { QualityChooser } from '../../web/camera/video/quality.ts'

const good = { lossPercent: 0, fps: 30, madeFps: 30 }
const lossy = { lossPercent: 8, fps: 30, madeFps: 30 }
const slow = { lossPercent: 0, fps: 10, madeFps: 30 }

/** Gives the chooser one reading a second, from `from` on; answers the second at which it changed its mind. */
function feed(
  chooser: QualityChooser,
  reading: typeof good,
  from: number,
  seconds: number,
): number | undefined {
  for (let s = from; s < from + seconds; s++) if (chooser.observe({ at: s * 1000, ...reading })) return s
  return undefined
}

describe('the quality', () => {
  it('stays full on a good link, and through two bad seconds', () => {
    const chooser = new QualityChooser()
    expect(feed(chooser, good, 0, 10)).toBe(undefined)
    expect(feed(chooser, lossy, 10, 2)).toBe(undefined)
    expect(feed(chooser, good, 12, 10)).toBe(undefined)
    expect(chooser.quality).toBe('full')
  })

  it('becomes half after three seconds of loss, and says so', () => {
    const chooser = new QualityChooser()
    expect(feed(chooser, lossy, 0, 5)).toBe(2)
    expect(chooser.quality).toBe('half')
    expect(chooser.reason).toBe('8 % of the packets were lost')
  })

  it('becomes half when pictures fall behind, and not when the camera itself is slow', () => {
    expect(feed(new QualityChooser(), slow, 0, 5)).toBe(2)
    expect(feed(new QualityChooser(), { ...slow, madeFps: 10 }, 0, 10)).toBe(undefined)
  })

  it('tries full again after 15 s without trouble, and waits twice as long each time that fails', () => {
    const chooser = new QualityChooser()
    expect(feed(chooser, lossy, 0, 3)).toBe(2)
    expect(feed(chooser, good, 3, 60)).toBe(17)
    expect(feed(chooser, lossy, 18, 3)).toBe(20)
    expect(feed(chooser, good, 21, 60)).toBe(50)
    expect(chooser.reason).toBe(undefined)
  })

  it('forgets earlier failures once full quality has held', () => {
    const chooser = new QualityChooser()
    feed(chooser, lossy, 0, 3)
    feed(chooser, good, 3, 60)
    feed(chooser, lossy, 18, 3)
    feed(chooser, good, 21, 60)
    expect(feed(chooser, good, 51, 30)).toBe(undefined)
    expect(feed(chooser, lossy, 81, 3)).toBe(83)
    expect(feed(chooser, good, 84, 60)).toBe(98)
  })
})
