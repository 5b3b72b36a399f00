import {
  type Detectors,
  rowsOf,
  VISION_COLUMNS,
  type VisionState,
  visionStream,
} from '../../../../shared/camera/vision.ts'
import { BenchError } from '../../../../shared/wire/errors.ts'
import { epochMsOf } from '../../../core/clock.ts'
import { withDeadline } from '../../../core/deadline.ts'
import type { DriverContext, Handlers } from '../../../device/device.ts'
import type { Stream } from '../../../core/stream.ts'
import type { Sight, Sighting } from '../../../device/sight.ts'
import type { BridgePart } from '../../frame/part.ts'
import type { CameraAbout } from '../../frame/protocol.ts'
import type { Measure, Measured } from './jobs.ts'
import type { DetectorModel } from '../../../device/detector-model.ts'

const MEASURE_MS = 5000

export interface VisionProtocol {
  to:
    | { type: 'use'; detectors: Detectors; fps: number; model: DetectorModel | undefined }
    | { type: 'measure'; request: number; measure: Measure }
  from:
    | { type: 'seen'; seen: Sighting }
    | { type: 'failed'; message: string | undefined }
    | { type: 'rates'; rates: NonNullable<VisionState['rates']> }
    | { type: 'measured'; request: number; measured: Measured }
}

/** What is seen in a camera's pictures: chosen here, found in the camera's process, told to whoever follows. */
export class VisionBridgePart implements BridgePart<VisionProtocol['to'], VisionProtocol['from']>, Sight {
  readonly commands: Handlers
  readonly #context: DriverContext<'camera'>
  /** Made when something is looked for at all. */
  #stream: Stream | undefined
  readonly #listeners = new Set<(seen: Sighting) => void>()
  readonly #waiting = new Map<number, PromiseWithResolvers<Measured>>()
  #send: ((message: VisionProtocol['to']) => void) | undefined
  #request = 0
  size: { width: number; height: number } | undefined
  #nominalFps: number | undefined

  constructor(context: DriverContext<'camera'>) {
    this.#context = context
    this.commands = {
      'vision.set': ({ device: _, ...wanted }) => {
        this.use(wanted.detectors, wanted.fps)
        return Promise.resolve({})
      },
    }
  }

  use(detectors: Detectors, fps: number): void {
    const { id, models = {}, state } = this.#context
    const name = detectors.model?.name
    const model = name === undefined ? undefined : models[name]
    if (name !== undefined && !model) {
      const known = Object.keys(models).join(', ') || 'none'
      throw new BenchError('input.invalid', `bench.yaml has no model "${name}"; it has ${known}`, {
        device: id,
      })
    }
    const labels = model && model.labels.length > 0 ? { labels: model.labels } : {}
    this.#stream ??= this.#context.stream(visionStream(id), VISION_COLUMNS)
    state.put({ vision: { fps, detectors, models: Object.keys(models), ...labels } })
    this.#send?.({ type: 'use', detectors, fps, model })
  }

  follow(listener: (seen: Sighting) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async keep(name: string, after: number, frames: number): Promise<void> {
    await this.#measure({ kind: 'keep', name, after, frames })
  }

  async shift(from: string, to: string): Promise<{ x: number; y: number; quality: number }> {
    const measured = await this.#measure({ kind: 'shift', from, to })
    if (measured.kind !== 'shift') throw this.#failed('no shift was measured')
    return measured
  }

  async keepEach(name: string, after: number, frames: number): Promise<{ from: number; to: number }> {
    const measured = await this.#measure({ kind: 'keepEach', name, after, frames })
    if (measured.kind !== 'kept') throw this.#failed('no picture was kept')
    return measured
  }

  async pulse(name: string, lit: string, dark: string[]): Promise<void> {
    await this.#measure({ kind: 'pulse', name, lit, dark })
  }

  async forget(): Promise<void> {
    await this.#measure({ kind: 'forget' })
  }

  get frameMs(): { period: number; exposure: number } | undefined {
    if (this.#nominalFps === undefined) return undefined
    const { rates, settings } = this.#context.state.value
    const fps = Math.min(this.#nominalFps, rates?.captureFps || this.#nominalFps)
    return { period: 1000 / fps, exposure: settings?.exposureMs ?? 0 }
  }

  async spot(pulses: string[]): Promise<{ x: number; y: number; strength: number }> {
    const measured = await this.#measure({ kind: 'spot', pulses })
    if (measured.kind !== 'spot') throw this.#failed('no spot was measured')
    return measured
  }

  began(send: (message: VisionProtocol['to']) => void, { width, height, nominalFps }: CameraAbout): void {
    this.#send = send
    this.#nominalFps = nominalFps
    this.size = { width, height }
    const { vision } = this.#context.state.value
    if (vision) this.use(vision.detectors, vision.fps)
  }

  heard(message: VisionProtocol['from']): void {
    const { state } = this.#context
    switch (message.type) {
      case 'seen':
        this.#stream?.pushAll(epochMsOf(message.seen.madeAt), rowsOf(message.seen))
        for (const listener of this.#listeners) listener(message.seen)
        break
      // Pictures are looked at for a measurement as well, when nothing was ever looked for.
      case 'failed':
        if (state.value.vision) state.merge({ vision: { failed: message.message ?? null } })
        break
      case 'rates':
        if (state.value.vision) state.merge({ vision: { rates: message.rates } })
        break
      case 'measured':
        this.#waiting.get(message.request)?.resolve(message.measured)
        break
    }
  }

  gone(): void {
    this.#send = undefined
    this.size = undefined
    this.#nominalFps = undefined
    for (const { reject } of this.#waiting.values()) reject(this.#failed("the camera's process has ended"))
  }

  [Symbol.dispose](): void {
    this.#listeners.clear()
  }

  async #measure(measure: Measure): Promise<Measured> {
    const { id, signal } = this.#context
    if (!this.#send) throw this.#failed('it is starting again: try in a moment')
    const request = ++this.#request
    const answer = Promise.withResolvers<Measured>()
    this.#waiting.set(request, answer)
    this.#send({ type: 'measure', request, measure })
    try {
      const what = `measuring in the pictures of ${id}`
      const measured = await withDeadline(answer.promise, MEASURE_MS, what, { device: id, signal })
      if (measured.kind === 'failed') throw this.#failed(measured.message)
      return measured
    } finally {
      this.#waiting.delete(request)
    }
  }

  #failed(what: string): BenchError {
    const { id } = this.#context
    return new BenchError('camera.failed', `${id}: ${what}`, { device: id })
  }
}
