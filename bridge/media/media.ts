import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { CameraState, Codec } from '../../shared/camera.ts'
import type { OutputOf } from '../../shared/commands.ts'
import { BenchError } from '../../shared/errors.ts'
import type { Caller, Handlers } from '../core/device.ts'
import type { Logger } from '../core/log.ts'
import type { Publisher, Sending } from '../core/publisher.ts'
import type { Topic } from '../core/topic.ts'
import { Audience } from './audience.ts'
import { Ingest, type Live } from './ingest.ts'
import { Viewer } from './viewer.ts'
import { Workers } from './worker.ts'

const MOST_WORKERS = 4
const MOST_VIEWERS = 200

export interface MediaOptions {
  /** Where viewers connect to; 0.0.0.0 is every network card. */
  host: string
  /** UDP and TCP port of the first worker, the next ones have the next; 0 lets the system choose. */
  port: number
  /** Left out: one a core, 4 at most. */
  workers?: number | undefined
  /** Left out: 200. */
  viewersPerCamera?: number | undefined
  log: Logger
  cameraTopic: (id: string) => Topic<CameraState> | undefined
}

/** The SFU: cameras publish, browsers watch. */
export interface Media extends AsyncDisposable {
  publisher: Publisher
  /** camera.join, connect, consume, resume and leave. */
  handlers: Handlers
  /** The pids of mediasoup's workers. */
  workers(): number[]
}

/** Starts the SFU. Throws `media.unavailable` when its ports cannot be had. */
export async function openMedia(options: MediaOptions): Promise<Media> {
  const count = options.workers ?? Math.min(availableParallelism(), MOST_WORKERS)
  return new Sfu(options, await Workers.open({ ...options, workers: count }))
}

class Sfu implements Media {
  readonly publisher: Publisher
  readonly handlers: Handlers
  readonly #options: MediaOptions
  readonly #workers: Workers
  readonly #live = new Map<string, Live & { generation: number }>()
  readonly #generations = new Map<string, number>()
  readonly #viewers = new Map<string, Viewer>()
  readonly #ingests = new Set<Ingest>()
  /** Viewers a camera has or is about to have. */
  readonly #places = new Map<string, number>()
  readonly #audiences = new Map<string, Audience>()

  constructor(options: MediaOptions, workers: Workers) {
    this.#options = options
    this.#workers = workers
    this.publisher = { publish: (camera, codec, sending) => this.#publish(camera, codec, sending) }
    this.handlers = {
      'camera.join': ({ camera }, caller) => this.#join(camera, caller),
      'camera.connect': async ({ viewer, dtlsParameters }) => {
        await this.#viewer(viewer).connect(dtlsParameters)
        return {}
      },
      'camera.consume': ({ viewer, rtpCapabilities }) => this.#viewer(viewer).consume(rtpCapabilities),
      'camera.resume': async ({ viewer }) => {
        await this.#viewer(viewer).resume()
        return {}
      },
      'camera.leave': async ({ viewer }) => {
        this.#viewers.get(viewer)?.end()
        return {}
      },
    }
  }

  workers(): number[] {
    return this.#workers.pids
  }

  #publish(camera: string, codec: Codec, sending: Sending): Ingest {
    const { log, cameraTopic } = this.#options
    const ingest: Ingest = new Ingest({
      camera,
      codec,
      log,
      sending,
      workers: this.#workers,
      onLive: (live) => {
        const generation = (this.#generations.get(camera) ?? 0) + 1
        this.#generations.set(camera, generation)
        this.#live.set(camera, { ...live, generation })
        cameraTopic(camera)?.merge({ publication: { generation, codec, bornAt: Date.now() } })
      },
      onEnded: () => {
        this.#live.delete(camera)
        cameraTopic(camera)?.merge({ publication: null })
        for (const viewer of [...this.#viewers.values()]) if (viewer.camera === camera) viewer.end()
      },
      onClosed: () => {
        this.#ingests.delete(ingest)
        if (this.#audiences.get(camera) === audience) this.#audiences.delete(camera)
      },
    })
    this.#ingests.add(ingest)
    this.#audiences.get(camera)?.[Symbol.dispose]()
    const audience = new Audience((watched) => sending.watched(watched), this.#places.get(camera) ?? 0)
    this.#audiences.set(camera, audience)
    return ingest
  }

  async #join(camera: string, caller: Caller): Promise<OutputOf<'camera.join'>> {
    const topic = this.#options.cameraTopic(camera)
    if (!topic) throw new BenchError('device.unknown', `there is no camera ${camera}`, { device: camera })
    const live = this.#live.get(camera)
    if (!live) {
      throw new BenchError(
        'media.unavailable',
        `${camera} has no picture just now: watch its topic and join then`,
        { device: camera },
      )
    }
    caller.signal.throwIfAborted()
    const most = this.#options.viewersPerCamera ?? MOST_VIEWERS
    const places = this.#places.get(camera) ?? 0
    if (places >= most) {
      throw new BenchError('media.unavailable', `${camera} has ${most} viewers already, its most`, {
        device: camera,
      })
    }
    this.#seat(camera, 1)
    const id = randomUUID()
    const giveUp = (): void => viewer?.end()
    const leave = (): void => {
      caller.signal.removeEventListener('abort', giveUp)
      this.#seat(camera, -1)
      this.#viewers.delete(id)
      topic.merge({ viewers: { [id]: null } })
    }
    let viewer: Viewer | undefined
    try {
      const onPath = (path: string): void => topic.merge({ viewers: { [id]: { path } } })
      viewer = await Viewer.open({ id, camera, live, onPath, onEnd: leave })
    } catch (cause) {
      leave()
      throw new BenchError('media.unavailable', `${camera} ended under way: join again`, {
        device: camera,
        cause,
      })
    }
    this.#viewers.set(id, viewer)
    topic.merge({ viewers: { [id]: { since: Date.now(), address: caller.address } } })
    caller.signal.addEventListener('abort', giveUp, { once: true })
    if (caller.signal.aborted || this.#live.get(camera) !== live) giveUp()
    const { generation, router } = live
    return {
      viewer: id,
      generation,
      routerRtpCapabilities: { ...router.rtpCapabilities },
      transport: viewer.transport,
    }
  }

  #seat(camera: string, change: 1 | -1): void {
    const places = (this.#places.get(camera) ?? 0) + change
    this.#places.set(camera, places)
    this.#audiences.get(camera)?.count(places)
  }

  #viewer(id: string): Viewer {
    const viewer = this.#viewers.get(id)
    if (!viewer) throw new BenchError('media.unavailable', 'this viewer has ended: join again')
    return viewer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const viewer of [...this.#viewers.values()]) viewer.end()
    for (const ingest of [...this.#ingests]) ingest.close()
    for (const audience of this.#audiences.values()) audience[Symbol.dispose]()
    this.#workers[Symbol.dispose]()
  }
}
