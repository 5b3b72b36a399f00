import type { CameraFeatures, DeviceSettings } from '../../../../shared/camera/camera-features.ts'
import { monotonicMs } from '../../../core/clock.ts'
import { type Frame, i420Bytes } from '../../frame/frame.ts'
import { paced } from '../../process/pacer.ts'
import type { Capture } from '../../frame/capture.ts'
import { Sensor } from '../../frame/sensor.ts'
import { Scene } from './scene.ts'
import type { SceneSource } from './source.ts'
import { World } from './world.ts'

/** One in the maker's hands, one in the slot, one being converted. */
const BUFFERS = 3
/** How long what the turret says is under way. */
const HEARD_S = 0.006

/** A camera that sees the scene in front of the simulated turret. */
export class SceneCapture implements Capture {
  readonly width: number
  readonly height: number
  readonly bitDepth: number
  readonly nominalFps: number
  readonly features: CameraFeatures = {
    exposureMs: { kind: 'number', min: 0.1, max: 30, unit: 'ms' },
    gainDb: { kind: 'number', min: 0, max: 24, unit: 'dB' },
  }
  readonly #source: SceneSource
  readonly #world: World
  readonly #scene: Scene
  readonly #sensor: Sensor
  readonly #read: Uint16Array[]
  readonly #coloured: Uint8Array[]
  #exposureMs: number
  #gainDb: number

  private constructor(source: SceneSource, world: World, scene: Scene) {
    this.#source = source
    this.#world = world
    this.#scene = scene
    this.width = source.width
    this.height = source.height
    this.bitDepth = source.colour ? 8 : 12
    this.nominalFps = source.fps
    this.#exposureMs = source.exposureMs
    this.#gainDb = source.gainDb
    this.#sensor = new Sensor(source.seed)
    const pixels = source.width * source.height
    this.#read = Array.from({ length: source.colour ? 1 : BUFFERS }, () => new Uint16Array(pixels))
    this.#coloured = Array.from(
      { length: source.colour ? BUFFERS : 0 },
      () => new Uint8Array(i420Bytes(source.width, source.height)),
    )
  }

  /** Throws CameraAbsent when there is no turret to hear of. */
  static async open(source: SceneSource): Promise<SceneCapture> {
    return new SceneCapture(source, await World.open(source.world), await Scene.make(source))
  }

  get settings(): { exposureMs: number; gainDb: number } {
    return { exposureMs: this.#exposureMs, gainDb: this.#gainDb }
  }

  set(settings: DeviceSettings): void {
    this.#exposureMs = settings.exposureMs ?? this.#exposureMs
    this.#gainDb = settings.gainDb ?? this.#gainDb
  }

  run(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void> {
    let number = 0
    const make = (): void => frame(this.#take(number++))
    return Promise.race([paced(() => 1000 / this.nominalFps, make, signal), this.#world.lost])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#world[Symbol.dispose]()
  }

  /** A frame whose exposure has ended as late as the turret has been heard of. */
  #take(number: number): Frame {
    const { width, height, bitDepth } = this
    // A sensor's picture is complete with its exposure, however long drawing it takes here.
    const madeAt = monotonicMs() - HEARD_S * 1000
    const end = madeAt / 1000
    const begin = end - this.#exposureMs / 1000
    const middle = (begin + end) / 2
    const turret = this.#direction(middle)
    this.#scene.draw(middle, turret, this.#world.power(begin, end))
    const { swing, periodS } = this.#source.light
    const daylight = 1 + swing * Math.sin((2 * Math.PI * middle) / periodS)
    this.#sensor.set(this.#exposureMs * daylight, this.#gainDb)
    const read = this.#read[number % this.#read.length]!
    this.#sensor.read(this.#scene.light, read, width)
    const about = { width, height, bitDepth, number, exposureMs: this.#exposureMs, gainDb: this.#gainDb }
    if (!this.#source.colour) return { ...about, format: 'mono12', data: read, madeAt }
    const data = this.#coloured[number % BUFFERS]!
    const pixels = width * height
    for (let i = 0; i < pixels; i++) data[i] = 16 + ((read[i]! * 219) >> 12)
    const quarter = pixels / 4
    this.#scene.colour(
      middle,
      turret,
      data.subarray(pixels, pixels + quarter),
      data.subarray(pixels + quarter),
    )
    return { ...about, format: 'i420', data, madeAt }
  }

  #direction(seconds: number): { pan: number; tilt: number } {
    const { pan, tilt } = this.#source
    const [x, y] = this.#world.at(seconds)
    return { pan: (x - pan.zeroMm) / pan.mmPerDegree, tilt: (y - tilt.zeroMm) / tilt.mmPerDegree }
  }
}
