import type { CameraFeatures, DeviceSettings } from '../../../../shared/camera/camera-features.ts'
import { monotonicMs } from '../../../core/clock.ts'
import type { Frame } from '../../frame/frame.ts'
import { paced } from '../../process/pacer.ts'
import type { SimSource } from '../../frame/protocol.ts'
import type { Capture } from '../../frame/capture.ts'
import { Sensor } from '../../frame/sensor.ts'
import { SimScene } from './sim-scene.ts'

/** One in the maker's hands, one in the slot, one being converted. */
const BUFFERS = 3

/** A camera on a microscope that is not there: 12-bit monochrome, with exposure and gain that do what they say. */
export class SimCapture implements Capture {
  readonly width: number
  readonly height: number
  readonly bitDepth = 12
  readonly nominalFps: number
  readonly features: CameraFeatures = {
    exposureMs: { kind: 'number', min: 0.1, max: 100, unit: 'ms' },
    gainDb: { kind: 'number', min: 0, max: 24, unit: 'dB' },
  }
  readonly #scene: SimScene
  readonly #sensor: Sensor
  readonly #buffers: Uint16Array[]
  #exposureMs = 10
  #gainDb = 0

  constructor(source: SimSource) {
    this.width = source.width
    this.height = source.height
    this.nominalFps = source.fps
    this.#scene = new SimScene(source.width, source.height, source.seed)
    this.#sensor = new Sensor(source.seed)
    this.#buffers = Array.from({ length: BUFFERS }, () => new Uint16Array(source.width * source.height))
  }

  get settings(): { exposureMs: number; gainDb: number } {
    return { exposureMs: this.#exposureMs, gainDb: this.#gainDb }
  }

  set(settings: DeviceSettings): void {
    this.#exposureMs = settings.exposureMs ?? this.#exposureMs
    this.#gainDb = settings.gainDb ?? this.#gainDb
    this.#sensor.set(this.#exposureMs, this.#gainDb)
  }

  run(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void> {
    let number = 0
    let last = performance.now()
    const make = (): void => {
      const now = performance.now()
      this.#scene.advance((now - last) / 1000)
      last = now
      const data = this.#buffers[number % BUFFERS]!
      this.#sensor.read(this.#scene.light, data, this.width)
      const { width, height, bitDepth } = this
      frame({
        ...{ width, height, bitDepth, format: 'mono12', data, number: number++, madeAt: monotonicMs() },
        ...{ exposureMs: this.#exposureMs, gainDb: this.#gainDb },
      })
    }
    // A sensor cannot be read before it has been exposed.
    return paced(() => Math.max(1000 / this.nominalFps, this.#exposureMs), make, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
