import { expect, it } from 'vitest'
import { degreesOf, fitAffine, fitMost, pixelsOf, type Sample } from '../../bridge/turret/aiming/affine.ts'
import { chooseTarget } from '../../bridge/turret/aiming/choose.ts'
import { searched, stateAfter, whyNotNow } from '../../bridge/turret/aiming/lost.ts'
import { Pid } from '../../bridge/turret/aiming/pid.ts'
import { Target } from '../../bridge/turret/aiming/target.ts'
import { Relay, type Tuned, tunedGains } from '../../bridge/turret/aiming/tuning.ts'
import { Poses } from '../../bridge/turret/grbl/poses.ts'
import { Pursuit } from '../../bridge/turret/grbl/pursuit.ts'
import { gains, lost } from '../../shared/turret/tracking.ts'
import type { Thing } from '../../shared/camera/vision.ts'

const set = gains.parse({})

it('fits pixels to degrees, and says how well', () => {
  const samples: Sample[] = [
    [0, 0],
    [2, 0],
    [0, 2],
    [-2, -1],
  ].map(([pan = 0, tilt = 0]) => ({
    pose: { pan, tilt },
    pixel: { x: 320 - 26 * pan + 1 * tilt, y: 240 - 1 * pan + 27 * tilt },
  }))
  const map = fitAffine(samples)!
  expect(map.residualPx).toBeCloseTo(0, 6)
  expect(map.matrix.map((value) => Math.round(value))).toEqual([-26, 1, -1, 27])
  const way = degreesOf(map, ...(Object.values(pixelsOf(map, { pan: 3, tilt: -1 })) as [number, number]))
  expect(way.pan).toBeCloseTo(3)
  expect(way.tilt).toBeCloseTo(-1)
  samples[1]!.pixel.x += 8
  expect(fitAffine(samples)!.residualPx).toBeGreaterThan(1)
})

it('leaves out what a moving thing has spoilt, while enough is left to tell', () => {
  const samples: Sample[] = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 2],
    [-2, 0],
    [0, -2],
  ].map(([pan = 0, tilt = 0]) => ({ pose: { pan, tilt }, pixel: { x: -26 * pan, y: 27 * tilt } }))
  samples[2]!.pixel.x += 60
  expect(fitAffine(samples)!.residualPx).toBeGreaterThan(6)
  expect(fitMost(samples, 6)!.residualPx).toBeCloseTo(0, 6)
  samples[4]!.pixel.y -= 50
  samples[5]!.pixel.x += 70
  expect(fitMost(samples, 6)!.residualPx).toBeGreaterThan(6)
})

it('makes no map of samples that lie in a line, or of two', () => {
  const line = [0, 1, 2, 3].map((pan) => ({ pose: { pan, tilt: 0 }, pixel: { x: pan * 20, y: 0 } }))
  expect(fitAffine(line)).toBeUndefined()
  expect(fitAffine(line.slice(0, 2))).toBeUndefined()
})

it('keeps the answer within its limit, and the integral from winding up behind it', () => {
  const pid = new Pid()
  const wanted = { ...set, p: 6, i: 10, mostIntegral: 5, mostSpeed: 20 }
  for (let i = 0; i < 400; i++) expect(pid.next(30, 0, 0.025, wanted)).toBe(20)
  // The error is gone: nothing of the time at the limit is left.
  expect(pid.next(0, 0, 0.025, wanted)).toBe(0)
  for (let i = 0; i < 400; i++) pid.next(0.1, 0, 0.025, wanted)
  expect(pid.next(0.1, 0, 0.025, wanted)).toBeLessThanOrEqual(0.6 + 5)
  expect(pid.next(0, 7, 0.025, { ...set, feedForward: 1 })).toBeGreaterThanOrEqual(7)
})

it('knows where a target is going, and believes that less and less', () => {
  const target = new Target()
  for (let i = 0; i <= 60; i++) target.see({ pan: 0.6 * i, tilt: -0.3 * i }, i * 30, 0.05)
  expect(target.speed.pan).toBeCloseTo(20, 0)
  expect(target.at(1900).pan).toBeCloseTo(38, 0)
  expect(target.at(1900).tilt).toBeCloseTo(-19, 0)
  expect(target.at(60_000).pan).toBeLessThan(36 + 20)
  expect(Math.abs(target.speedAt(60_000).pan)).toBeLessThan(0.01)
})

it('flies a curve on with a target that does', () => {
  const target = new Target()
  const circle = (ms: number) => {
    const turned = (ms / 1000) * 5
    return { pan: 4 * Math.cos(turned), tilt: 4 * Math.sin(turned) }
  }
  for (let ms = 0; ms <= 990; ms += 33) target.see(circle(ms), ms, 0.05)
  const [guess, there] = [target.at(1050), circle(1050)]
  // In a straight line it would be 0.18 degrees off.
  expect(Math.hypot(guess.pan - there.pan, guess.tilt - there.tilt)).toBeLessThan(0.05)
})

it('takes what jumps about for a target at rest, and notices when it goes', () => {
  const target = new Target()
  const noise = [0.04, -0.05, 0.02, -0.06, 0.05, 0.01, -0.03, 0.06, -0.04]
  for (let i = 0; i < 90; i++) target.see({ pan: noise[i % 9]!, tilt: noise[(i * 4) % 9]! }, i * 33, 0.05)
  expect(Math.hypot(target.speed.pan, target.speed.tilt)).toBeLessThan(1)
  for (let i = 0; i < 10; i++) target.see({ pan: 0.66 * i, tilt: 0 }, (90 + i) * 33, 0.05)
  expect(target.speed.pan).toBeGreaterThan(15)
})

const thing = (track: number, x: number, more: Partial<Thing> = {}): Thing => ({
  ...{ track, detector: 'spot', label: -1, score: 1, x, y: 240, width: 20, height: 20, vx: 0, vy: 0 },
  coasting: false,
  ...more,
})
const crosshair = { x: 320, y: 240 }
const see = (...things: Thing[]) => ({ frame: 1, madeAt: 1, things })

it('chooses the nearest, the largest or the one that was clicked, and stays with it', () => {
  const seen = see(thing(1, 300), thing(2, 100, { width: 80 }))
  expect(chooseTarget(seen, { by: 'nearest' }, crosshair, undefined, undefined)?.track).toBe(1)
  expect(chooseTarget(seen, { by: 'largest' }, crosshair, undefined, undefined)?.track).toBe(2)
  expect(chooseTarget(seen, { by: 'track', track: 2 }, crosshair, undefined, undefined)?.track).toBe(2)
  expect(chooseTarget(seen, { by: 'track', track: 9 }, crosshair, undefined, undefined)).toBeUndefined()
  expect(chooseTarget(seen, { by: 'nearest' }, crosshair, 2, undefined)?.track).toBe(2)
  expect(
    chooseTarget(seen, { by: 'nearest', detector: 'motion' }, crosshair, undefined, undefined),
  ).toBeUndefined()
})

it('knows a target again by where it must be, and leaves one that is hidden to nobody else', () => {
  const lost = thing(1, 300, { coasting: true })
  expect(
    chooseTarget(see(lost, thing(2, 330)), { by: 'nearest' }, crosshair, 1, { x: 326, y: 240 })?.track,
  ).toBe(2)
  expect(
    chooseTarget(see(lost, thing(2, 500)), { by: 'nearest' }, crosshair, 1, { x: 326, y: 240 })?.track,
  ).toBe(1)
})

it('coasts, searches, goes back and gives up, one after the other', () => {
  const set = lost.parse({ coastS: 1, searchS: 2, recentre: true, giveUpS: 3 })
  const states = [Infinity, 100, 1000, 2000, 4000, 6500].map((ms) => stateAfter(ms, set, true))
  expect(states).toEqual(['waiting', 'locked', 'coasting', 'searching', 'recentring', 'given up'])
  expect(stateAfter(4000, { ...set, recentre: false }, true)).toBe('waiting')
  // A crosshair that goes along alone has nowhere to look.
  expect(stateAfter(2000, set, false)).toBe('waiting')
  const away = [0, 1, 2].map((seconds) => {
    const { pan, tilt } = searched({ pan: 10, tilt: 5 }, seconds)
    return Math.hypot(pan - 10, tilt - 5)
  })
  expect(away).toEqual(away.toSorted((a, b) => a - b))
})

it('is locked to nothing that was seen in the future, and takes no picture for one of now that is not', () => {
  const set = lost.parse({})
  expect([0, -20, -60, -5000, -3_600_000].map((ms) => stateAfter(ms, set, true))).toEqual([
    'locked',
    'locked',
    'waiting',
    'waiting',
    'waiting',
  ])
  expect([0, 1999, -40].map(whyNotNow)).toEqual([undefined, undefined, undefined])
  expect(whyNotNow(2100)).toMatch(/2.1 s old/)
  expect(whyNotNow(-5000)).toMatch(/5.0 s ahead of now/)
  expect(whyNotNow(3_600_000)).toBeDefined()
  expect(whyNotNow(-3_600_000)).toBeDefined()
})

it('carries a target that goes no further back than it was sure of, as no further on', () => {
  const target = new Target()
  for (let i = 0; i <= 60; i++) target.see({ pan: 0.6 * i, tilt: 0 }, i * 30, 0.05)
  for (const at of [-3_600_000, -5000, 1_805_000, 3_600_000]) {
    expect(Math.abs(target.at(at).pan - 36)).toBeLessThan(20)
    expect(Math.abs(target.speedAt(at).pan)).toBeLessThan(30)
  }
})

it('finds gains by a relay on an axis that answers late', () => {
  const relay = new Relay(6)
  const late: number[] = Array(5).fill(0) as number[]
  let place = 0.05
  let tuned: Tuned | undefined
  for (let ms = 0; ms < 10_000 && !tuned; ms += 20) {
    late.push(relay.velocity)
    place += late.shift()! * 0.02
    tuned = relay.see(-place, ms)
  }
  // 100 ms late at 6 degrees/s: it swings by 0.6 degrees, in four times the delay.
  expect(tuned!.periodMs).toBeGreaterThan(350)
  expect(tuned!.periodMs).toBeLessThan(560)
  expect(tuned!.amplitude).toBeGreaterThan(0.4)
  expect(tuned!.amplitude).toBeLessThan(0.9)
  const found = tunedGains(set, tuned!)
  expect(found.p).toBeGreaterThan(2)
  expect(found.p).toBeLessThan(10)
  expect(found.mostSpeed).toBe(set.mostSpeed)
})

it('forgets where the turret was meant to be when it is told otherwise', () => {
  const poses = new Poses()
  for (const at of [0, 10, 20, 30]) poses.note(at, { pan: at, tilt: 0 })
  poses.note(15, { pan: 100, tilt: 0 })
  expect(poses.at(10)?.pan).toBe(10)
  expect(poses.at(12.5)?.pan).toBe(55)
  expect(poses.at(30)?.pan).toBe(100)
})

it('learns how far the motors are behind, and says where the turret is between two reports', () => {
  const pursuit = new Pursuit()
  pursuit.report(0, { pan: 0, tilt: 0 })
  pursuit.begin()
  for (let at = 0; at <= 1500; at += 25) {
    pursuit.plan(at + 50, { pan: (at + 50) * 0.02, tilt: 0 })
    if (at >= 100) pursuit.report(at, { pan: (at - 40) * 0.02, tilt: 0 })
  }
  expect(pursuit.lagMs).toBeGreaterThan(35)
  expect(pursuit.lagMs).toBeLessThan(45)
  expect(pursuit.at(1000)?.pan).toBeCloseTo(960 * 0.02, 2)
  expect(pursuit.at(1530)?.pan).toBeCloseTo(1490 * 0.02, 1)
  expect(pursuit.at(3600)).toBeUndefined()
  expect(pursuit.at(3_600_000)).toBeUndefined()
  pursuit.end()
  expect(pursuit.lagMs).toBe(0)
  expect(pursuit.at(2000)?.pan).toBeCloseTo(1460 * 0.02, 2)
})
