import type { CameraState } from '../../shared/camera.ts'
import { receiveCamera, type Reception } from './receive.ts'
import { Telemetry } from './telemetry.svelte.ts'

const BACKOFF_MS = [250, 500, 1000, 2000]
const FROZEN_AFTER_MS = 3000
const DISCONNECTED_FOR_MS = 2000
const LOOK_EVERY_MS = 250

/** What the bridge says there is to watch: `unknown` until its state is here, undefined when there is nothing. */
export type Publication = CameraState['publication'] | 'unknown'

/** Where the picture comes to: the video, and a canvas over it that keeps the last picture while there is no new one. */
export interface Screen {
  video: HTMLVideoElement
  keeper: HTMLCanvasElement
}

/**
 * Watches one camera and keeps watching: joins again when the publication is a new one, when the transport fails, when
 * no frame comes, and after every reconnection to the bridge.
 */
export class CameraWatch {
  readonly #camera: string
  readonly telemetry = new Telemetry()
  /** `live` from the first frame on; then `lost` until the next first frame. */
  phase = $state<'none' | 'joining' | 'live' | 'lost'>('none')
  /** Why the last attempt came to nothing; undefined once there is a picture. */
  problem = $state<string>()
  /** When the picture on the screen was shown first, by this machine's clock; 0 when there is none. */
  pictureAt = $state(0)

  #screen: Screen | undefined
  #session: number | undefined
  #publication: Publication
  #attempt: AbortController | undefined
  #reception: Reception | undefined
  #transport: RTCPeerConnectionState = 'new'
  #failures = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(camera: string) {
    this.#camera = camera
  }

  /** What is there to watch, and over which connection; undefined while there is none. */
  follow(session: number | undefined, publication: Publication): void {
    const again = session !== this.#session
    const renewed = generationOf(publication) !== generationOf(this.#publication)
    this.#session = session
    this.#publication = publication
    const outdated = generationOf(publication) > (this.#reception?.generation ?? Infinity)
    // Waiting out a backoff for a publication that is gone would only keep the new one from the screen.
    const pointless = renewed && !this.#attempt
    if (again || publication === undefined || outdated || pointless) this.#stop()
    if (this.#retry === undefined) void this.#join()
  }

  /** Shows the picture on this screen. */
  attach(screen: Screen): void {
    this.#screen = screen
    void this.#join()
  }

  /** Stops watching for good. */
  close(): void {
    this.#session = undefined
    this.#stop()
    this.#screen = undefined
  }

  async #join(): Promise<void> {
    const screen = this.#screen
    if (!screen || this.#attempt || this.#session === undefined || this.#publication === undefined) return
    const attempt = new AbortController()
    this.#attempt = attempt
    if (this.phase === 'none') this.phase = 'joining'
    const fail = (error: unknown): void => this.#fail(attempt, error)
    try {
      const reception = await receiveCamera({
        camera: this.#camera,
        signal: attempt.signal,
        onState: (state) => this.#heed(attempt, state),
        onFailure: fail,
      })
      if (attempt.signal.aborted) {
        reception.close()
        return
      }
      this.#reception = reception
      this.#show(screen, reception, attempt)
      this.follow(this.#session, this.#publication)
    } catch (error) {
      fail(error)
    }
  }

  #show({ video, keeper }: Screen, reception: Reception, attempt: AbortController): void {
    let last = Date.now()
    video.srcObject = new MediaStream([reception.track])
    // Safari does not heed autoplay for a stream that it is given late.
    void video.play().catch(() => undefined)
    this.telemetry.follow(video, reception.receiver, attempt.signal, {
      stamped: () => typeof this.#publication === 'object' && this.#publication.codec === 'h264',
      onFrame: () => {
        last = Date.now()
        if (this.phase === 'live') return
        this.#failures = 0
        this.problem = undefined
        this.phase = 'live'
        keeper.hidden = true
      },
    })
    const look = setInterval(() => {
      // A hidden page is shown no frames, which says nothing about the camera.
      if (document.visibilityState !== 'visible') last = Date.now()
      else if (Date.now() - last > FROZEN_AFTER_MS) this.#fail(attempt, new Error('no picture came for 3 s'))
    }, LOOK_EVERY_MS)
    attempt.signal.addEventListener('abort', () => clearInterval(look))
  }

  #heed(attempt: AbortController, state: RTCPeerConnectionState): void {
    this.#transport = state
    if (state === 'failed') this.#fail(attempt, new Error('the video connection failed'))
    if (state !== 'disconnected') return
    const timer = setTimeout(() => {
      if (this.#transport === 'disconnected') this.#fail(attempt, new Error('the video connection was lost'))
    }, DISCONNECTED_FOR_MS)
    attempt.signal.addEventListener('abort', () => clearTimeout(timer))
  }

  #fail(attempt: AbortController, error: unknown): void {
    if (attempt.signal.aborted) return
    this.problem = error instanceof Error ? error.message : String(error)
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
    this.#attempt?.abort()
    this.#attempt = undefined
    this.#reception?.close()
    this.#reception = undefined
    this.telemetry.clear()
    this.phase = this.pictureAt > 0 ? 'lost' : 'none'
  }

  #keepPicture(): void {
    this.pictureAt = this.telemetry.frameAt
    if (!this.#screen) return
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
