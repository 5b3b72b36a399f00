import { availableParallelism } from 'node:os'
import { type CameraState, qualities, type Quality } from '../../shared/camera/camera.ts'
import type { OutputOf } from '../../shared/commands.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Caller, Handlers } from '../device/device.ts'
import type { Logger } from '../core/log.ts'
import type { Publisher, Tap } from '../device/publisher.ts'
import type { Topic } from '../core/topic.ts'
import { ViewerIds } from '../core/viewer-ids.ts'
import { Channel, type Showing } from './channel.ts'
import { type IceServerConfig, iceServersFor } from './ice-servers.ts'
import { Ingest, type Live } from './ingest.ts'
import { RtpReceiver } from './rtp-inlet.ts'
import { tapRtp } from './tap.ts'
import { Viewer } from './viewer.ts'
import { Whep } from './whep.ts'
import { type Enter, Whip } from './whip.ts'
import { Workers, type WorkerUsage } from './worker.ts'

const MOST_WORKERS = 4
const MOST_VIEWERS = 200
/** Where a camera's topic says what there is to watch in a quality. */
const PUBLICATION = { full: 'publication', half: 'halfPublication' } as const satisfies Record<
  Quality,
  keyof CameraState
>

export interface MediaOptions {
  /** Where viewers connect to; 0.0.0.0 is every network card. */
  host: string
  /** UDP and TCP port of the first worker, the next ones have the next; 0 lets the system choose. */
  port: number
  /** Left out: one a core, 4 at most. */
  workers?: number | undefined
  /** Left out: 200. */
  viewersPerCamera?: number | undefined
  /** Told to viewers. Left out: none. */
  iceServers?: readonly IceServerConfig[]
  /** Where viewers are named; left out: its own. */
  viewers?: ViewerIds
  log: Logger
  cameraTopic: (id: string) => Topic<CameraState> | undefined
}

/** The SFU: cameras publish, browsers watch. */
export interface Media extends AsyncDisposable {
  publisher: Publisher
  /** camera.join, connect, consume, resume and leave. */
  handlers: Handlers
  /** Watching and publishing over plain HTTP. */
  whep: Whep
  whip: Whip
  /** Copies what a camera sends to a UDP port of loopback. Rejects with `media.unavailable` while it sends nothing. */
  tap(camera: string, port: number): Promise<Tap>
  /** The pids of mediasoup's workers. */
  workers(): number[]
  /** What each of them has used. */
  usage(): Promise<WorkerUsage[]>
}

/** Starts the SFU. Throws `media.unavailable` when its ports cannot be had. */
export async function openMedia(options: MediaOptions): Promise<Media> {
  const count = options.workers ?? Math.min(availableParallelism(), MOST_WORKERS)
  return new Sfu(options, await Workers.open({ ...options, workers: count }))
}

class Sfu implements Media {
  readonly publisher: Publisher
  readonly handlers: Handlers
  readonly whep: Whep
  readonly whip: Whip
  readonly #options: MediaOptions
  readonly #workers: Workers
  readonly #channels = new Map<string, Channel>()
  readonly #viewers = new Map<string, Viewer>()
  readonly #ids: ViewerIds

  constructor(options: MediaOptions, workers: Workers) {
    this.#options = options
    this.#workers = workers
    this.#ids = options.viewers ?? new ViewerIds()
    const enter: Enter = (camera, codec, make) =>
      this.#channel(camera, 'full').publish(codec, () => undefined, make)
    this.whip = new Whip(enter)
    this.whep = new Whep((camera, caller, how) =>
      this.#watch(camera, 'full', caller, how).then(({ viewer }) => viewer),
    )
    this.publisher = {
      publish: (camera, codec, sending, quality = 'full') =>
        this.#channel(camera, quality).publish(
          codec,
          (watched) => sending.watched(watched),
          (entering) => new Ingest({ ...entering, sending }),
        ),
      receive: async (camera, inlet) =>
        inlet.way === 'whip'
          ? this.whip.receive(camera, inlet)
          : RtpReceiver.open(camera, inlet, enter, options.log),
      tap: (camera, port) => this.tap(camera, port),
    }
    this.handlers = {
      'camera.join': ({ camera, quality }, caller) => this.#join(camera, quality, caller),
      'camera.connect': async ({ viewer, dtlsParameters }, caller) => {
        await this.#viewer(viewer, caller).connect(dtlsParameters)
        return {}
      },
      'camera.consume': ({ viewer, rtpCapabilities }, caller) =>
        this.#viewer(viewer, caller).consume(rtpCapabilities),
      'camera.resume': async ({ viewer }, caller) => {
        await this.#viewer(viewer, caller).resume()
        return {}
      },
      'camera.restartIce': async ({ viewer }, caller) => ({
        iceParameters: { ...(await this.#viewer(viewer, caller).restartIce()) },
      }),
      'camera.leave': async ({ viewer }, caller) => {
        this.#viewer(viewer, caller).end()
        return {}
      },
    }
  }

  async tap(camera: string, port: number): Promise<Tap> {
    const { showing } = this.#channel(camera, 'full')
    if (!showing)
      throw new BenchError('media.unavailable', `${camera} has no picture just now`, { device: camera })
    return tapRtp(showing, port)
  }

  workers(): number[] {
    return this.#workers.pids
  }

  usage(): Promise<WorkerUsage[]> {
    return this.#workers.usage()
  }

  #channel(camera: string, quality: Quality): Channel {
    const key = `${camera}/${quality}`
    const known = this.#channels.get(key)
    if (known) return known
    const { log, cameraTopic } = this.#options
    const channel: Channel = new Channel({
      camera,
      quality,
      workers: this.#workers,
      log,
      onShowing: (publication) => {
        cameraTopic(camera)?.merge({ [PUBLICATION[quality]]: publication ?? null })
        if (publication) return
        for (const viewer of [...this.#viewers.values()]) if (viewer.channel === channel) viewer.end()
      },
    })
    this.#channels.set(key, channel)
    return channel
  }

  async #join(camera: string, quality: Quality, caller: Caller): Promise<OutputOf<'camera.join'>> {
    const { viewer, showing } = await this.#watch(camera, quality, caller)
    const { generation, router } = showing
    return {
      viewer: viewer.id,
      generation,
      routerRtpCapabilities: { ...router.rtpCapabilities },
      transport: viewer.transport,
      iceServers: iceServersFor(this.#options.iceServers ?? [], caller.name),
    }
  }

  /** Seats a viewer: on what the camera shows, or on what `speak` makes of it. */
  async #watch(
    camera: string,
    quality: Quality,
    caller: Caller,
    how: { speak?: (live: Live) => Promise<Live>; onEnd?: () => void } = {},
  ): Promise<{ viewer: Viewer; showing: Showing }> {
    const topic = this.#options.cameraTopic(camera)
    if (!topic) throw new BenchError('device.unknown', `there is no camera ${camera}`, { device: camera })
    const channel = this.#channel(camera, quality)
    const { showing } = channel
    if (!showing) {
      throw new BenchError(
        'media.unavailable',
        `${camera} has no picture in ${quality} quality just now: watch its topic and join then`,
        { device: camera },
      )
    }
    caller.signal.throwIfAborted()
    const most = this.#options.viewersPerCamera ?? MOST_VIEWERS
    const places = qualities.reduce((sum, each) => sum + this.#channel(camera, each).places, 0)
    if (places >= most) {
      throw new BenchError('media.unavailable', `${camera} has ${most} viewers already, its most`, {
        device: camera,
      })
    }
    channel.seat(1)
    const { id, shown } = this.#ids.add(caller)
    const giveUp = (): void => viewer?.end()
    const leave = (): void => {
      caller.signal.removeEventListener('abort', giveUp)
      channel.seat(-1)
      this.#viewers.delete(id)
      this.#ids.remove(id)
      how.onEnd?.()
      topic.merge({ viewers: { [shown]: null } })
    }
    let viewer: Viewer | undefined
    try {
      const onPath = (path: string): void => topic.merge({ viewers: { [shown]: { path } } })
      const live = how.speak ? await how.speak(showing) : showing
      viewer = await Viewer.open({ id, channel, live, onPath, onEnd: leave })
    } catch (cause) {
      leave()
      if (cause instanceof BenchError) throw cause
      throw new BenchError('media.unavailable', `${camera} ended under way: join again`, {
        device: camera,
        cause,
      })
    }
    this.#viewers.set(id, viewer)
    topic.merge({
      viewers: { [shown]: { since: Date.now(), name: caller.name, address: caller.address, quality } },
    })
    caller.signal.addEventListener('abort', giveUp, { once: true })
    if (caller.signal.aborted || channel.showing !== showing) giveUp()
    return { viewer, showing }
  }

  /** Throws `media.unavailable` for a viewer that there is not, and for somebody else's. */
  #viewer(id: string, caller: Caller): Viewer {
    const viewer = this.#ids.shownOf(id, caller) === undefined ? undefined : this.#viewers.get(id)
    if (!viewer) throw new BenchError('media.unavailable', 'this viewer has ended: join again')
    return viewer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.whep[Symbol.dispose]()
    this.whip[Symbol.dispose]()
    for (const viewer of [...this.#viewers.values()]) viewer.end()
    for (const channel of this.#channels.values()) channel[Symbol.dispose]()
    this.#workers[Symbol.dispose]()
  }
}
