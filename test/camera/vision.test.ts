import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { I420Converter } from '../../bridge/camera/decode/converter.ts'
import { Path } from '../../bridge/camera/kinds/scene/path.ts'
import { Scene } from '../../bridge/camera/kinds/scene/scene.ts'
import { sceneSource, type SceneSource } from '../../bridge/camera/kinds/scene/source.ts'
import { Sensor } from '../../bridge/camera/frame/sensor.ts'
import { VideoFile } from '../../bridge/camera/kinds/file/video-file.ts'
import { i420Bytes, toI420 } from '../../bridge/camera/frame/frame.ts'
import { boxesIn } from '../../bridge/camera/features/vision/boxes.ts'
import { Eye } from '../../bridge/camera/features/vision/eye.ts'
import { Measuring } from '../../bridge/camera/features/vision/measure.ts'
import type { Measured } from '../../bridge/camera/features/vision/jobs.ts'
import { PhaseCorrelation } from '../../bridge/camera/features/vision/phase.ts'
import { lookAt } from '../../bridge/camera/features/vision/picture.ts'
import { detectorModel } from '../../bridge/device/detector-model.ts'
import { detectors, type Detectors, rowsOf, seenIn } from '../../shared/camera/vision.ts'
import { brightCellModel } from '../support/onnx.ts'
import { sampleVideo } from '../support/sample-video.ts'

const FPS = 30
// Pictures are drawn and looked at by the hundred, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000 })

/** The scene's own pictures, without a camera's process around them. */
async function filmed(scene: Record<string, unknown>) {
  const source: SceneSource = { kind: 'scene', ...sceneSource.parse({ world: 'none:1', ...scene }) }
  const made = await Scene.make(source)
  const sensor = new Sensor(1)
  const { width, height } = source
  const data = new Uint16Array(width * height)
  const i420 = new Uint8Array(i420Bytes(width, height)).fill(128)
  return {
    ...{ source, made, way: new Path(source.targets[0]!) },
    take(seconds: number, turret = { pan: 0, tilt: 0 }, power = 0) {
      made.draw(seconds, turret, power)
      sensor.read(made.light, data, width)
      toI420({ width, height, bitDepth: 12, format: 'mono12', data, madeAt: 0, number: 0 }, i420, false)
      if (source.colour) {
        const quarter = (width * height) / 4
        made.colour(seconds, turret, i420.subarray(width * height, -quarter), i420.subarray(-quarter))
      }
      return lookAt(i420, width, height)
    },
  }
}

async function eyeWith(settings: Record<string, unknown>): Promise<Eye> {
  const eye = new Eye()
  await eye.use(detectors.parse(settings), undefined)
  return eye
}

const cases: [string, Record<string, unknown>, Record<string, unknown>, number][] = [
  ['a bright spot', { look: 'spot' }, { spot: {} }, 2],
  ['a marker, by its number', { look: 'marker', size: 3.5, marker: 7 }, { marker: {} }, 1.5],
  [
    'a colour',
    { look: 'disk', size: 1.5, colour: [-0.4, 0.8] },
    { colour: { blueness: -0.36, redness: 0.71 } },
    2,
  ],
  [
    'motion',
    { look: 'disk', size: 1.5, path: 'line', extent: { pan: 14, tilt: 0 }, phase: 0.75 },
    { motion: {} },
    5,
  ],
]

it.each(cases)('sees %s where it is, and it keeps its identity', async (_, target, settings, mostOff) => {
  const film = await filmed({ colour: true, targets: [{ extent: { pan: 8, tilt: 4 }, ...target }] })
  const eye = await eyeWith(settings)
  const tracks = new Set<number>()
  let off = 0
  for (let frame = 0; frame < 35; frame++) {
    const { things } = await eye.look(film.take(frame / FPS), frame, 1000 + (frame * 1000) / FPS)
    if (frame < 15) continue
    const true_ = film.made.view.see(film.way.at(frame / FPS), { pan: 0, tilt: 0 })
    const thing = things.find(({ x, y }) => Math.hypot(x - true_.x, y - true_.y) < 20)
    expect(thing, `frame ${frame}: ${JSON.stringify(things)} for ${JSON.stringify(true_)}`).toBeDefined()
    tracks.add(thing!.track)
    off = Math.max(off, Math.hypot(thing!.x - true_.x, thing!.y - true_.y))
    if (target['marker'] !== undefined) expect(thing!.label).toBe(7)
  }
  expect([...tracks]).toHaveLength(1)
  expect(off).toBeLessThan(mostOff)
})

it('keeps an identity behind a post, and two that meet keep theirs', async () => {
  const film = await filmed({
    targets: [
      { path: 'line', extent: { pan: 8, tilt: 0 }, centre: { pan: 0, tilt: 2 }, speed: 12, phase: 0.75 },
      { path: 'line', extent: { pan: 8, tilt: 0 }, centre: { pan: 0, tilt: -2 }, speed: 12, phase: 0.25 },
    ],
    occluders: [{ pan: 0, tilt: 2, width: 2, height: 3 }],
  })
  const eye = await eyeWith({ spot: {} })
  const first = new Map<number, number>()
  let coasted = 0
  // From one end to the other: 16 degrees at 12 a second.
  for (let frame = 0; frame < 38; frame++) {
    const { things } = await eye.look(film.take(frame / FPS), frame, 1000 + (frame * 1000) / FPS)
    for (const { track, y, coasting } of things) {
      if (coasting) coasted += 1
      first.set(track, first.get(track) ?? y)
      expect(Math.abs(y - first.get(track)!)).toBeLessThan(25)
    }
  }
  expect(first.size).toBe(2)
  expect(coasted).toBeGreaterThan(1)
})

it('takes what has come to stay for the background, and fills the hole that something leaves', async () => {
  const small = { width: 320, height: 240, fieldDegrees: 12 }
  const there = await filmed({ ...small, targets: [{ look: 'disk', size: 1.5, path: 'still' }] })
  const gone = await filmed({ ...small, targets: [{ path: 'still', centre: { pan: 90 } }] })
  const eye = await eyeWith({ motion: {} })
  const seen = async (film: typeof there, from: number, seconds: number): Promise<number[]> => {
    const counts: number[] = []
    for (let i = from * 10; i < (from + seconds) * 10; i++) {
      const { things } = await eye.look(film.take(i / 10), i, i * 100)
      counts.push(things.filter(({ coasting }) => !coasting).length)
    }
    return counts
  }
  expect(Math.max(...(await seen(there, 0, 2)))).toBe(0)
  const hole = await seen(gone, 2, 8)
  expect(hole[5]).toBe(1)
  expect(hole.at(-1)).toBe(0)
  const back = await seen(there, 10, 8)
  expect(back[5]).toBe(1)
  expect(back.at(-1)).toBe(0)
})

it('sees what moves though the camera turns, and nothing in a scene that only goes by', async () => {
  const turning = (seconds: number) => ({ pan: 6 * Math.sin(seconds * 2), tilt: 0 })
  for (const path of ['eight', 'still']) {
    const film = await filmed({ targets: [{ look: 'disk', size: 1.5, path, extent: { pan: 8, tilt: 4 } }] })
    const eye = await eyeWith({ motion: { cameraMoves: true } })
    let [seen, wrong] = [0, 0]
    for (let frame = 0; frame < 60; frame++) {
      const turret = turning(frame / FPS)
      const { things } = await eye.look(film.take(frame / FPS, turret), frame, 1000 + (frame * 1000) / FPS)
      const true_ = film.made.view.see(film.way.at(frame / FPS), turret)
      for (const { x, y, coasting } of things) {
        if (coasting) continue
        if (Math.hypot(x - true_.x, y - true_.y) < 20) seen += 1
        else wrong += 1
      }
    }
    expect(wrong).toBeLessThan(4)
    if (path === 'eight') expect(seen).toBeGreaterThan(25)
    else expect(seen).toBe(0)
  }
})

it('sees what it is turned after where it is, though that stays in the middle of every picture', async () => {
  const film = await filmed({ targets: [{ look: 'disk', size: 1.5, path: 'eight', speed: 20 }] })
  const eye = await eyeWith({ motion: { cameraMoves: true, smallestArea: 300 } })
  let seen = 0
  for (let frame = 0; frame < 100; frame++) {
    const turret = film.way.at(frame / FPS)
    const { things } = await eye.look(film.take(frame / FPS, turret), frame, 1000 + (frame * 1000) / FPS)
    const there = things.filter(({ coasting }) => !coasting)
    for (const { x, y } of there) expect(Math.hypot(x - 319.5, y - 239.5)).toBeLessThan(15)
    seen += there.length
  }
  expect(seen).toBeGreaterThan(75)
})

it('measures a shift to half a pixel, and says when there is none', async () => {
  const film = await filmed({ rollDegrees: 0, targets: [{ path: 'still', centre: { pan: 90, tilt: 0 } }] })
  const correlation = new PhaseCorrelation(640, 480)
  const spectrum = (pan: number) =>
    correlation.spectrum({ data: film.take(0, { pan, tilt: 0 }).y.slice(), width: 640, height: 480 })
  const base = spectrum(0)
  const moved = correlation.shift(base, spectrum(2))
  expect(Math.abs(moved.x + (2 * 640) / 24)).toBeLessThan(0.6)
  expect(Math.abs(moved.y)).toBeLessThan(0.6)
  expect(correlation.shift(base, spectrum(60)).quality).toBeLessThan(0.2)
})

const DARK = 4
const LIT = 2
const FRAME_S = 1 / 30

/** Pulses at such times of the scene, measured as a find measures them; what the spot of them is, or why there is none. */
function pulsed(
  film: Awaited<ReturnType<typeof filmed>>,
  times: readonly number[],
  power: number,
  draw: (y: Uint8Array, isLit: boolean) => void = () => {},
): Measured {
  const measuring = new Measuring()
  const told: Measured[] = []
  const tell = (said: Measured): void => void told.push(said)
  const keepEach = (name: string, from: number, frames: number, isLit: boolean): void => {
    measuring.take({ kind: 'keepEach', name, after: 0, frames }, tell)
    for (let i = 0; i < frames; i++) {
      const look = film.take(from + i * FRAME_S, { pan: 0, tilt: 0 }, isLit ? power : 0)
      draw(look.y, isLit)
      measuring.see(look, 1, 2)
    }
  }
  for (const [i, at] of times.entries()) {
    keepEach('before', at - DARK * FRAME_S, DARK, false)
    keepEach('lit', at + 0.1, LIT, true)
    keepEach('after', at + 0.3, DARK, false)
    measuring.take({ kind: 'pulse', name: `pulse ${i}`, lit: 'lit', dark: ['before', 'after'] }, tell)
  }
  measuring.take({ kind: 'spot', pulses: times.map((_, i) => `pulse ${i}`) }, tell)
  expect(told.filter(({ kind }) => kind === 'kept')).toHaveLength(3 * times.length)
  return told.at(-1)!
}

/** Irregular, and the same each time. */
const irregular = (count: number, from: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * 1.5 + 0.4 * Math.abs(Math.sin(from + 7 * i)))

/** What the demo bench has. */
const DEMO = {
  targets: [
    { look: 'spot', path: 'eight', speed: 10 },
    { look: 'marker', path: 'still', centre: { pan: 4, tilt: -3 }, size: 3 },
  ],
}

const STILL = { targets: [{ path: 'still', centre: { pan: 90, tilt: 0 } }] }

it('finds the spot that a laser’s pulses add, among what moves right over it', async () => {
  const film = await filmed(DEMO)
  const hit = film.made.view.see(film.source.laserOffset, { pan: 0, tilt: 0 })
  for (const from of [3, 40]) {
    const spot = pulsed(film, irregular(10, from), 0.05)
    expect(spot).toMatchObject({ kind: 'spot' })
    if (spot.kind === 'spot') expect(Math.hypot(spot.x - hit.x, spot.y - hit.y)).toBeLessThan(2)
  }
})

it('finds no spot where nothing but targets move, though they light up places by themselves', async () => {
  const film = await filmed(DEMO)
  expect(pulsed(film, irregular(5, 3), 0)).toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('no spot of light was found') as string,
  })
})

it('takes nothing for the laser that blinks by itself, and nothing when a second place answers as well', async () => {
  const film = await filmed(STILL)
  const hit = film.made.view.see(film.source.laserOffset, { pan: 0, tilt: 0 })
  const glow = (y: Uint8Array, by: number): void => {
    for (let row = 100; row < 108; row++)
      for (let column = 500; column < 508; column++) y[row * 640 + column]! += by
  }
  let pictures = 0
  // Lit in 3 of 4 pictures of each second turn, whatever the laser does.
  const blinks = pulsed(film, irregular(5, 3), 0.05, (y) => glow(y, Math.floor(pictures++ / 3) % 2 ? 40 : 0))
  expect(blinks).toMatchObject({ kind: 'spot' })
  if (blinks.kind === 'spot') expect(Math.hypot(blinks.x - hit.x, blinks.y - hit.y)).toBeLessThan(2)
  const reflects = pulsed(film, irregular(5, 3), 0.05, (y, isLit) => glow(y, isLit ? 14 : 0))
  expect(reflects).toMatchObject({
    kind: 'failed',
    message: expect.stringMatching(/^two places grew brighter/) as string,
  })
})

it('takes the light of the whole room for no spot', async () => {
  const film = await filmed(STILL)
  const brighter = (y: Uint8Array, isLit: boolean): void => {
    if (isLit) for (let i = 0; i < y.length; i++) y[i]! += 30
  }
  expect(pulsed(film, irregular(5, 3), 0, brighter)).toMatchObject({ kind: 'failed' })
})

it("runs a user's ONNX model, and keeps to the picture", async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'bright.onnx')
  await writeFile(file, brightCellModel(64, 8))
  const eye = new Eye()
  const settings: Detectors = { model: { name: 'bright', leastScore: 0.6 } }
  await eye.use(settings, detectorModel.parse({ file, width: 64, height: 64 }))
  const i420 = new Uint8Array(i420Bytes(640, 480)).fill(128)
  i420.fill(40, 0, 640 * 480)
  for (let y = 160; y < 240; y++) i420.fill(230, y * 640 + 400, y * 640 + 480)
  await eye.look(lookAt(i420, 640, 480), 0, 1000)
  const { things } = await eye.look(lookAt(i420, 640, 480), 1, 1033)
  expect(things).toMatchObject([{ x: 440, y: 200, width: 80, height: 80, label: 1, detector: 'model' }])
})

it('says what is wrong with a model that is none', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'none.onnx')
  await writeFile(file, 'not a model')
  const settings: Detectors = { model: { name: 'none', leastScore: 0.5 } }
  await expect(new Eye().use(settings, detectorModel.parse({ file }))).rejects.toThrow(/\S/)
  const wrong = new Map([['out', { dims: [1, 3], data: [0, 0, 0] }]])
  expect(() => boxesIn(wrong, 'yolov8', 0.5)).toThrow(
    'its answer has the shape [1, 3], which is not that of yolov8',
  )
})

it('reads the answers of yolov5 and ssd, and tells a thing once', () => {
  const yolov5 = { dims: [1, 2, 6], data: [10, 20, 4, 6, 0.9, 0.8, 11, 20, 4, 6, 0.9, 0.7] }
  expect(boxesIn(new Map([['out', yolov5]]), 'yolov5', 0.5)).toMatchObject([
    { x: 10, y: 20, width: 4, label: 0 },
  ])
  const ssd = new Map([
    ['detection_boxes', { dims: [1, 1, 4], data: [0.1, 0.2, 0.3, 0.6] }],
    ['detection_classes', { dims: [1, 1], data: [3] }],
    ['detection_scores', { dims: [1, 1], data: [0.75] }],
  ])
  const [box] = boxesIn(ssd, 'ssd', 0.5)
  expect(box).toMatchObject({ label: 3, score: 0.75 })
  expect(box!.x).toBeCloseTo(0.4)
  expect(box!.y).toBeCloseTo(0.2)
})

it('finds people in real footage, and they keep their identities', async () => {
  const { signal } = new AbortController()
  await using file = await VideoFile.open(sampleVideo, false, signal)
  using converter = new I420Converter(file.width, file.height)
  const eye = await eyeWith({ motion: { smallestArea: 400 } })
  const lives = new Map<number, number>()
  let seen = 0
  for (let frame = 0; frame < 300; frame++) {
    const next = await file.next(signal)
    const picture = lookAt(converter.convert(next!.frame), file.width, file.height)
    const { things } = await eye.look(picture, frame, frame * 100)
    for (const { track } of things) lives.set(track, (lives.get(track) ?? 0) + 1)
    if (frame >= 50) seen += things.filter(({ height, width }) => height > width * 0.8).length
  }
  // Three to six people are in the picture all the time; some are followed for more than ten seconds.
  expect(seen / 250).toBeGreaterThan(2)
  expect([...lives.values()].filter((frames) => frames > 100).length).toBeGreaterThanOrEqual(3)
  expect(lives.size).toBeLessThan(40)
})

it('travels as rows of samples', () => {
  const thing = {
    ...{ track: 3, detector: 'marker' as const, label: 7, score: 1, x: 10, y: 20 },
    ...{ width: 4, height: 5 },
  }
  const frames = [
    {
      frame: 8,
      madeAt: 1000,
      things: [
        { ...thing, vx: 1, vy: -2, coasting: true },
        { ...thing, track: 4, vx: 0, vy: 0, coasting: false },
      ],
    },
    { frame: 9, madeAt: 1033, things: [] },
  ]
  const rows = frames.flatMap((seen) => rowsOf(seen).map((values) => ({ time: seen.madeAt, values })))
  const times = Float64Array.from(rows, ({ time }) => time)
  expect(seenIn({ times, values: Float32Array.from(rows.flatMap(({ values }) => values)) })).toEqual(frames)
})
