import { expect, it } from 'vitest'
import type { Seen, Thing } from '../../shared/camera/vision.ts'
import { pictureIn } from '../../web/camera/picture-place.ts'
import { boxAt, middleOf, pixelAt, seenAt } from '../../web/turret/stage/overlay-place.ts'
import { SeenLog } from '../../web/turret/stage/seen-log.ts'

const frame = { width: 640, height: 480 }
/** A wide box: black to the left and right of the picture. */
const place = pictureIn({ width: 1000, height: 480 }, 640 / 480)

const thing = (part: Partial<Thing> = {}): Thing => ({
  ...{ track: 1, detector: 'spot', label: -1, score: 1, coasting: false },
  ...{ x: 100, y: 100, width: 20, height: 20, vx: 0, vy: 0 },
  ...part,
})
const seen = (madeAt: number, ...things: Thing[]): Seen => ({ frame: madeAt, madeAt, things })

it("shows the picture's middle in the middle of the box, the middle of the first pixel being 0", () => {
  expect(seenAt(middleOf(frame), frame, place)).toEqual({ x: 500, y: 240 })
  expect(seenAt({ x: -0.5, y: -0.5 }, frame, place)).toEqual({ x: 180, y: 0 })
})

it('finds for a click the pixel that is seen there, at any size of the picture', () => {
  for (const scale of [0.31, 1, 2.5]) {
    const box = pictureIn({ width: 900 * scale, height: 480 * scale }, 640 / 480)
    for (const pixel of [
      { x: 0, y: 0 },
      { x: 639, y: 479 },
      { x: 123.4, y: 56.7 },
    ]) {
      const found = pixelAt(seenAt(pixel, frame, box), frame, box)
      expect(found?.x).toBeCloseTo(pixel.x, 1)
      expect(found?.y).toBeCloseTo(pixel.y, 1)
    }
  }
})

it('finds no pixel beside the picture', () => {
  expect(pixelAt({ x: 179, y: 100 }, frame, place)).toBeUndefined()
  expect(pixelAt({ x: 821, y: 100 }, frame, place)).toBeUndefined()
})

it('takes a click for the smallest of the boxes that it hits, a thumb being forgiven some', () => {
  const large = thing({ track: 1, width: 200, height: 200 })
  const small = thing({ track: 2 })
  expect(boxAt([large, small], { x: 105, y: 95 }, 4)?.track).toBe(2)
  expect(boxAt([large, small], { x: 113, y: 100 }, 4)?.track).toBe(2)
  expect(boxAt([large, small], { x: 150, y: 100 }, 4)?.track).toBe(1)
  expect(boxAt([large, small], { x: 300, y: 100 }, 4)).toBeUndefined()
})

it('draws a thing at the frame in which it was seen, not where it was seen later', () => {
  const log = new SeenLog()
  log.add([seen(1000, thing({ x: 10 })), seen(1066, thing({ x: 30 })), seen(1133, thing({ x: 50 }))])
  expect(log.at(1066)[0]?.x).toBe(30)
  // A 90th of a ms is lost on the way through RTP.
  expect(log.at(1065.99)[0]?.x).toBe(30)
  expect(log.at(990)).toEqual([])
})

it('carries a thing along at its speed over a frame that was not looked at, but not for long', () => {
  const log = new SeenLog()
  log.add([seen(1000, thing({ x: 10, vx: 300, vy: -30 }))])
  const [carried] = log.at(1033)
  expect(carried?.x).toBeCloseTo(19.9)
  expect(carried?.y).toBeCloseTo(99.01)
  expect(log.at(1400)).toEqual([])
})

it('shows nothing at a frame that showed nothing, and keeps the way of a track until then', () => {
  const log = new SeenLog()
  log.add([seen(1000, thing({ x: 1 })), seen(1066, thing({ x: 2 })), seen(1133)])
  expect(log.at(1133)).toEqual([])
  expect(log.way(1, 1066)).toEqual([
    { x: 1, y: 100 },
    { x: 2, y: 100 },
  ])
  expect(log.way(1, 1000)).toHaveLength(1)
})

it('forgets what is old, and begins anew when time runs backwards', () => {
  const log = new SeenLog()
  log.add(Array.from({ length: 100 }, (_, i) => seen(1000 + i * 100, thing())))
  expect(log.way(1, Infinity).length).toBeLessThan(20)
  log.add([seen(500, thing({ x: 7 }))])
  expect(log.at(500)[0]?.x).toBe(7)
  expect(log.way(1, Infinity)).toHaveLength(1)
})
