import type { CameraState, Quality } from '../../../shared/camera/camera.ts'
import { bridgeClock } from '../../link/clock.ts'
import { ageCutter } from './age-cutter.ts'
import { followPresence } from './presence.ts'
import { type PictureReception, receivePictures } from './pictures.ts'
import { QualityChooser } from './quality.ts'
import { receiveCamera, type Reception } from './receive.ts'
import { Telemetry } from './telemetry.svelte.ts'
import { reportViewer } from './viewer-report.ts'

const BACKOFF_MS = [250, 500, 1000, 2000]
const FROZEN_AFTER_MS = 3000
const DISCONNECTED_FOR_MS = 2000
const LOOK_EVERY_MS = 250
/** Attempts at video in a row without a picture, after which pictures come over the socket instead. */
const VIDEO_ATTEMPTS = 2
/** How often video is tried again while pictures come over the socket. */
const VIDEO_AGAIN_MS = 30_000

/** What the bridge says there is to watch: `unknown` until its state is here, undefined when there is nothing. */
export type Publication = CameraState['publication'] | 'unknown'

/** Where the picture comes to: the video, and a canvas over it that keeps the last picture while there is no new one. */
export interface Screen {
  video: HTMLVideoElement
  keeper: HTMLCanvasElement
}

/** One try to get the picture, from joining to whatever ends it. */
interface Attempt {
  ended: AbortController
  /** Over which way, and, by video, in which quality. */
  way: 'video' | 'pictures'
  quality: Quality
  hadPicture: boolean
}

/**
 * Watches one camera and keeps watching: joins again when the publication is a new one, when the transport fails, when
 * no frame comes or the picture has grown old on its way, and after every reconnection to the bridge. In the quality
 * that the link carries; and as JPEG pictures over the socket where video does not come through at all.
 */
export class CameraWatch {
  readonly #camera: string
  readonly telemetry = new Telemetry((link) => this.#judge(link.lossPercent))
  /** `live` from the first frame on; then `lost` until the next first frame. */
  phase = $state<'none' | 'joining' | 'live' | 'lost'>('none')
  /** Why the last attempt came to nothing; undefined once there is a picture. */
  problem = $state<string>()
  /** When the picture on the screen was shown first, by this machine's clock; 0 when there is none. */
  pictureAt = $state(0)
  /** By which way the picture comes, and in which quality; why it is not video in full quality, if it is not. */
  way = $state<'video' | 'pictures'>('video')
  quality = $state<Quality>('full')
  why = $state<string>()
  /** What the person asked for. */
  choice = $state<'auto' | Quality>('auto')

  #screen: Screen | undefined
  #session: number | undefined
  #publication: Publication
  readonly #state: () => CameraState | undefined
  #attempt: Attempt | undefined
  #close: (() => void) | undefined
  #generation = Infinity
  #transport: RTCPeerConnectionState = 'new'
  #failures = 0
  #videoFailures = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #away = false
  #endPresence: (() => void) | undefined
  readonly #chooser = new QualityChooser()
  #small = false

  /** `state` is the camera's topic as it is, for what the bridge says of half quality and of the camera's own pace. */
  constructor(camera: string, state: () => CameraState | undefined) {
    this.#camera = camera
    this.#state = state
  }

  get #half(): CameraState['halfPublication'] {
    return this.#state()?.halfPublication
  }

  /** What there is to watch, and over which connection; undefined while there is none. */
  follow(session: number | undefined, publication: Publication): void {
    const again = session !== this.#session
    const renewed = generationOf(publication) !== generationOf(this.#publication)
    this.#session = session
    this.#publication = publication
    const watched = this.#attempt?.quality === 'half' ? this.#half : publication
    const outdated = this.#attempt?.way === 'video' && generationOf(watched) > this.#generation
    // Waiting out a backoff for a publication that is gone would only keep the new one from the screen.
    const pointless = renewed && !this.#attempt
    if (again) this.#videoFailures = 0
    if (again || publication === undefined || outdated || pointless) this.#stop()
    if (this.#retry === undefined) void this.#join()
  }

  /** Shows the picture on this screen. */
  attach(screen: Screen): void {
    this.#screen = screen
    this.#endPresence = followPresence(
      () => this.#leave(),
      () => this.#comeBack(),
    )
    void this.#join()
  }

  /** A page that nobody sees keeps no camera busy. */
  #leave(): void {
    this.#away = true
    this.#stop()
  }

  #comeBack(): void {
    this.#away = false
    this.#failures = 0
    if (this.#attempt) return
    clearTimeout(this.#retry)
    this.#retry = undefined
    void this.#join()
  }

  /** Watches in this quality from now on; `auto` is what the link carries. */
  choose(choice: 'auto' | Quality): void {
    this.choice = choice
    this.#renewIfOther()
  }

  /** Whether the picture is shown so small that half quality is all that is seen. */
  showSmall(small: boolean): void {
    this.#small = small
    this.#renewIfOther()
  }

  /** Stops watching for good. */
  close(): void {
    this.#endPresence?.()
    this.#session = undefined
    this.#stop()
    this.#screen = undefined
  }

  get #wanted(): { quality: Quality; why: string | undefined } {
    if (!this.#half) return { quality: 'full', why: undefined }
    if (this.choice !== 'auto') return { quality: this.choice, why: 'chosen on this page' }
    if (this.#small) return { quality: 'half', why: 'it is shown small' }
    return { quality: this.#chooser.quality, why: this.#chooser.reason }
  }

  async #join(): Promise<void> {
    const screen = this.#screen
    if (
      this.#away ||
      !screen ||
      this.#attempt ||
      this.#session === undefined ||
      this.#publication === undefined
    )
      return
    const { quality, why } = this.#wanted
    const way = this.#videoFailures < VIDEO_ATTEMPTS ? 'video' : 'pictures'
    const attempt: Attempt = { ended: new AbortController(), way, quality, hadPicture: false }
    this.#attempt = attempt
    if (this.phase === 'none') this.phase = 'joining'
    try {
      const reception =
        way === 'video' ? await this.#video(screen, attempt) : await this.#pictures(screen, attempt)
      if (attempt.ended.signal.aborted) {
        reception.close()
        return
      }
      this.#close = () => reception.close()
      this.way = way
      this.quality = quality
      if (way === 'video') this.why = quality === 'full' ? undefined : why
      else this.why = `video does not come through: ${this.problem ?? 'no picture came'}`
      reportViewer(
        reception.viewer,
        way === 'video' ? 'webrtc' : 'jpeg',
        this.telemetry,
        attempt.ended.signal,
      )
      this.follow(this.#session, this.#publication)
    } catch (error) {
      this.#fail(attempt, error)
    }
  }

  async #video(screen: Screen, attempt: Attempt): Promise<Reception> {
    const reception = await receiveCamera({
      camera: this.#camera,
      quality: attempt.quality,
      signal: attempt.ended.signal,
      onState: (state) => this.#heed(attempt, state),
      onFailure: (error) => this.#fail(attempt, error),
    })
    this.#generation = reception.generation
    if (!attempt.ended.signal.aborted) this.#show(screen, reception, attempt)
    return reception
  }

  async #pictures({ keeper }: Screen, attempt: Attempt): Promise<PictureReception> {
    const look = this.#lookForFrozen(attempt)
    const reception = await receivePictures({
      camera: this.#camera,
      canvas: keeper,
      onPicture: (madeAt) => {
        if (attempt.ended.signal.aborted) return
        keeper.hidden = false
        look.seen()
        this.#hasPicture(attempt)
        this.telemetry.drawn(keeper, bridgeClock.now() - madeAt)
      },
      onFailure: (error) => this.#fail(attempt, error),
    })
    const again = setTimeout(() => {
      this.#videoFailures = VIDEO_ATTEMPTS - 1
      this.#stop()
      void this.#join()
    }, VIDEO_AGAIN_MS)
    attempt.ended.signal.addEventListener('abort', () => clearTimeout(again))
    return reception
  }

  #show({ video, keeper }: Screen, reception: Reception, attempt: Attempt): void {
    video.srcObject = new MediaStream([reception.track])
    // Safari does not heed autoplay for a stream that it is given late.
    void video.play().catch(() => undefined)
    const look = this.#lookForFrozen(attempt)
    this.telemetry.follow(video, reception.receiver, attempt.ended.signal, {
      stamped: () =>
        typeof this.#publication === 'object' &&
        this.#publication.codec === 'h264' &&
        !this.#state()?.clockSet,
      onFrame: () => {
        look.seen()
        this.#videoFailures = 0
        keeper.hidden = true
        this.#hasPicture(attempt)
      },
    })
  }

  #hasPicture(attempt: Attempt): void {
    if (attempt.hadPicture) return
    attempt.hadPicture = true
    this.#failures = 0
    this.problem = undefined
    this.phase = 'live'
  }

  #lookForFrozen(attempt: Attempt): { seen(): void } {
    let last = Date.now()
    const tooOld = ageCutter()
    const look = setInterval(() => {
      // A hidden page is shown no frames, which says nothing about the camera.
      if (document.visibilityState !== 'visible') last = Date.now()
      else if (Date.now() - last > FROZEN_AFTER_MS) this.#fail(attempt, new Error('no picture came for 3 s'))
      else if (tooOld(performance.now(), this.telemetry.shown?.latencyMs))
        this.#fail(attempt, new Error('the picture had grown old on its way'))
    }, LOOK_EVERY_MS)
    attempt.ended.signal.addEventListener('abort', () => clearInterval(look))
    return { seen: () => (last = Date.now()) }
  }

  /** Takes a reading of the link, and changes the quality when it calls for that. */
  #judge(lossPercent: number): void {
    // A hidden page shows no pictures, whatever its link.
    if (this.phase !== 'live' || document.visibilityState !== 'visible') return
    const fps = this.telemetry.shown?.fps
    const reading = { at: performance.now(), lossPercent, fps, madeFps: this.#state()?.rates?.captureFps }
    if (this.#chooser.observe(reading)) this.#renewIfOther()
  }

  #renewIfOther(): void {
    if (this.#attempt?.way !== 'video' || this.#attempt.quality === this.#wanted.quality) return
    this.#stop()
    void this.#join()
  }

  #heed(attempt: Attempt, state: RTCPeerConnectionState): void {
    this.#transport = state
    if (state === 'failed') this.#fail(attempt, new Error('the video connection failed'))
    if (state !== 'disconnected') return
    const timer = setTimeout(() => {
      if (this.#transport === 'disconnected') this.#fail(attempt, new Error('the video connection was lost'))
    }, DISCONNECTED_FOR_MS)
    attempt.ended.signal.addEventListener('abort', () => clearTimeout(timer))
  }

  #fail(attempt: Attempt, error: unknown): void {
    if (attempt.ended.signal.aborted) return
    this.problem = error instanceof Error ? error.message : String(error)
    if (attempt.way === 'video' && !attempt.hadPicture) this.#videoFailures += 1
    this.#stop()
    const delay = BACKOFF_MS[Math.min(this.#failures, BACKOFF_MS.length - 1)] ?? 0
    this.#failures += 1
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      void this.#join()
    }, delay)
  }

  #stop(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    if (this.phase === 'live') this.#keepPicture()
    this.#attempt?.ended.abort()
    this.#attempt = undefined
    this.#close?.()
    this.#close = undefined
    this.#generation = Infinity
    this.telemetry.clear()
    this.phase = this.pictureAt > 0 ? 'lost' : 'none'
  }

  #keepPicture(): void {
    this.pictureAt = this.telemetry.frameAt
    if (!this.#screen || this.#attempt?.way !== 'video') return
    const { video, keeper } = this.#screen
    keeper.width = video.videoWidth
    keeper.height = video.videoHeight
    keeper.getContext('2d')?.drawImage(video, 0, 0)
    keeper.hidden = false
  }
}

function generationOf(publication: Publication): number {
  return typeof publication === 'object' ? publication.generation : -1
}
