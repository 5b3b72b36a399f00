import type { FileHandle } from 'node:fs/promises'
import type { CameraSettings } from '../../../shared/camera/camera.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { FrameRequest } from '../../../shared/camera/frames.ts'
import type { StillFormat } from '../../../shared/camera/still.ts'
import { pause, withDeadline } from '../../core/deadline.ts'
import { withStartDeadline } from '../../core/start-deadline.ts'
import type {
  CameraLoad,
  Device,
  DriverContext,
  FrameSink,
  FrameSubscription,
  Handlers,
  JpegListener,
  StopOutcome,
} from '../../device/device.ts'
import type { Publication } from '../../device/publisher.ts'
import type { Sight } from '../../device/sight.ts'
import { type BridgeParts, openBridgeParts, type PartMessage, type PartName } from './bridge-parts.ts'
import { withoutCredentials } from '../frame/url.ts'
import { HostProcess } from './host-process.ts'
import type {
  CameraAbout,
  CameraStart,
  CameraStatus,
  FailureKind,
  FromHost,
  ToHost,
} from '../frame/protocol.ts'
import type { BridgePart } from '../frame/part.ts'
import { Pointers } from './pointers.ts'
import { checkSettings } from './settings.ts'

/** Long enough for a stream that keeps silent (5 s, three times) to be given up with its own reason. */
const OPEN_MS = 20_000
/** A camera on a network may need to be asked more than once. */
const SET_MS = 5000
const BACKOFF_MS = { first: 100, most: 5000 }
/** A process that lived for so long was healthy: what comes after is not a repetition. */
const HEALTHY_MS = 30_000
const MOST_FAILURES = 8

/** A camera in a process of its own, started anew when it dies. */
class Camera implements Device {
  readonly commands: Handlers
  readonly #start: CameraStart
  readonly #context: DriverContext<'camera'>
  readonly #closing = new AbortController()
  readonly #parts: BridgeParts
  readonly #pointers: Pointers
  readonly #settingReplies = new Map<number, PromiseWithResolvers<CameraSettings>>()
  #host: HostProcess | undefined
  #about: CameraAbout | undefined
  #hasBegun = false
  #publication: Publication | undefined
  #startedAt = 0
  #failures = 0
  #restarts = 0
  #request = 0
  #ready = Promise.withResolvers<void>()

  constructor(start: CameraStart, context: DriverContext<'camera'>) {
    this.#start = { ...start }
    this.#context = context
    this.#parts = openBridgeParts(context)
    this.#pointers = new Pointers(context.state)
    this.commands = Object.assign(
      {
        'camera.set': ({ device: _device, ...settings }) => this.#set(settings),
        'camera.point': this.#pointers.point,
      } satisfies Handlers,
      ...this.#eachPart().map(([, part]) => part.commands),
    ) as Handlers
  }

  /** Rejects with `camera.failed` when the first start fails. */
  async open(): Promise<this> {
    const { id, signal } = this.#context
    this.#launch()
    try {
      await withStartDeadline(this.#ready.promise, OPEN_MS, `starting ${id}`, { device: id, signal })
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw error
    }
    return this
  }

  #launch(): void {
    this.#startedAt = performance.now()
    const host: HostProcess = new HostProcess(this.#context.log, {
      heard: (message) => void this.#heard(host, message),
      gone: (reason, why) => this.#gone(reason, why),
    })
    this.#host = host
    host.send({ type: 'start', start: this.#start })
  }

  #heard(host: HostProcess, message: FromHost): void {
    const { state } = this.#context
    switch (message.type) {
      case 'ready':
        this.#begin(host, message.about)
        break
      case 'rates':
        state.put({
          ...{ rates: message.rates, droppedFrames: message.droppedFrames },
          lostFrames: message.lostFrames,
        })
        break
      case 'status':
        this.#stand(message.status)
        break
      case 'set':
        this.#stand(message.status)
        this.#settingReplies.get(message.request)?.resolve(message.status.settings)
        break
      case 'refused':
        this.#settingReplies.get(message.request)?.reject(this.#failed(`it refused that: ${message.reason}`))
        break
      case 'part':
        this.#partOf(message).heard(message.message as never)
        break
      case 'connect':
        void this.#answer(host, message.request, async (publication) =>
          publication.connect(message.dtlsParameters),
        )
        break
      case 'produce':
        void this.#answer(host, message.request, async (publication) =>
          publication.produce(message.rtpParameters),
        )
        break
    }
  }

  #begin(host: HostProcess, about: CameraAbout): void {
    const { id, log, publisher, state } = this.#context
    this.#about = about
    log.info(
      { encoder: about.encoder, pid: host.pid },
      `${id}: ${about.width}x${about.height} at ${about.nominalFps} fps`,
    )
    state.put({
      ...about,
      pixelSizeUm: this.#start.pixelSizeUm,
      restarts: this.#restarts,
      restarting: undefined,
      lastFrame: undefined,
    })
    this.#hasBegun = true
    for (const [part, half] of this.#eachPart()) {
      half.began((message: unknown) => host.send({ type: 'part', part, message } as ToHost), about)
    }
    this.#publication = publisher.publish(id, this.#start.codec, {
      target: (target) => host.send({ type: 'target', target }),
      watched: (watched) => host.send({ type: 'watched', watched }),
    })
    this.#ready.resolve()
  }

  async #answer(
    host: HostProcess,
    request: number,
    ask: (to: Publication) => Promise<string | void>,
  ): Promise<void> {
    try {
      if (!this.#publication) throw new Error('the publication has ended')
      const producerId = await ask(this.#publication)
      host.send({ type: 'answer', request, ...(producerId ? { producerId } : {}) })
    } catch (error) {
      host.send({ type: 'answer', request, error: error instanceof Error ? error.message : String(error) })
    }
  }

  /** Takes note of how the camera stands: started again, it is to stand so as well. */
  #stand(status: CameraStatus): void {
    this.#start.settings = status.settings
    if (this.#about) this.#about = { ...this.#about, features: status.features }
    this.#context.state.put(status)
  }

  #failed(reason: string): BenchError {
    const { id } = this.#context
    return new BenchError('camera.failed', explain(this.#start, id, reason), { device: id })
  }

  #gone(reason: string, why: FailureKind | undefined): void {
    const { log, state, fault } = this.#context
    this.#host = undefined
    this.#about = undefined
    this.#publication?.close()
    this.#publication = undefined
    for (const [, half] of this.#eachPart()) half.gone()
    state.put({ rates: undefined })
    for (const reply of this.#settingReplies.values()) reply.reject(this.#failed(reason))
    if (this.#closing.signal.aborted) return
    const error = this.#failed(reason)
    if (!this.#hasBegun) {
      this.#ready.reject(error)
      return
    }
    if (why === 'shape') {
      state.put({ restarting: reason })
      this.#launch()
      return
    }
    if (why === 'absent') {
      fault(error)
      return
    }
    this.#failures = performance.now() - this.#startedAt > HEALTHY_MS ? 1 : this.#failures + 1
    if (this.#failures > MOST_FAILURES) {
      fault(error)
      return
    }
    const wait = Math.min(BACKOFF_MS.first * 2 ** (this.#failures - 1), BACKOFF_MS.most)
    log.warn(`${error.message}; starting it again in ${wait} ms`)
    this.#restarts += 1
    state.merge({ restarts: this.#restarts })
    void pause(wait, this.#closing.signal).then((still) => still && this.#launch())
  }

  async #set(wanted: CameraSettings): Promise<CameraSettings> {
    const { id } = this.#context
    if (!this.#host || !this.#about) {
      throw new BenchError('device.busy', `${id} is starting again: set it in a moment`, { device: id })
    }
    checkSettings(id, wanted, this.#about.features)
    const request = ++this.#request
    const reply = Promise.withResolvers<CameraSettings>()
    this.#settingReplies.set(request, reply)
    this.#host.send({ type: 'set', request, settings: wanted })
    try {
      return await withDeadline(reply.promise, SET_MS, `setting ${id}`, {
        device: id,
        signal: this.#closing.signal,
      })
    } finally {
      this.#settingReplies.delete(request)
    }
  }

  jpegs(listener: JpegListener): () => void {
    return this.#parts.jpeg.listen(listener)
  }

  frames(request: FrameRequest, window: number, sink: FrameSink): FrameSubscription {
    return this.#parts.frames.open(request, window, sink)
  }

  still(format: StillFormat, by: string): Promise<FileHandle> {
    return this.#parts.still.pass(format, by)
  }

  get sight(): Sight {
    return this.#parts.vision
  }

  load(): CameraLoad | undefined {
    return this.#parts.timing.newest
  }

  #partOf({ part }: PartMessage<'from'>): BridgePart<unknown, never> {
    return this.#parts[part]
  }

  #eachPart(): [PartName, BridgePart<unknown, never>][] {
    return Object.entries(this.#parts) as [PartName, BridgePart<unknown, never>][]
  }

  /** A camera that looks is safe. */
  stop(): Promise<StopOutcome> {
    // A camera neither moves nor emits: there is nothing to prove.
    return Promise.resolve('proven')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#publication?.close()
    this.#publication = undefined
    this.#pointers[Symbol.dispose]()
    await this.#host?.end()
    for (const [, half] of this.#eachPart()) half[Symbol.dispose]()
  }
}

function explain({ source }: CameraStart, id: string, reason: string): string {
  if (!('url' in source)) return `${id}: ${reason}`
  return `${id} cannot show ${withoutCredentials(source.url)}: ${reason}; check its url in bench.yaml`
}

/**
 * Starts a camera's process and answers once it makes pictures. What it is and how it fares goes into the context's
 * topic, its stream to the context's publisher. Rejects with `camera.failed`, `device.timeout`, or `aborted`.
 */
export function openCamera(start: CameraStart, context: DriverContext<'camera'>): Promise<Device> {
  return new Camera(start, context).open()
}
