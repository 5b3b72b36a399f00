import { isDeepStrictEqual } from 'node:util'
import type { CameraSettings } from '../../../shared/camera/camera.ts'
import { epochMsOf, isClockSet, monotonicMs } from '../../core/clock.ts'
import type { Capture } from '../frame/capture.ts'
import { lastFrameReason } from './last-frame.ts'
import type { CameraStatus, FromHost } from '../frame/protocol.ts'

/** Turns a camera, one request after another, and says how it stands: also what has changed by itself. */
export class Turner {
  /** When the newest frame was made, ms of the monotonic clock. */
  frameAt: number | undefined
  readonly #capture: Capture
  readonly #picture: { timeCode: boolean }
  readonly #send: (message: FromHost) => void
  readonly #begun = monotonicMs()
  #queue: Promise<void> = Promise.resolve()
  #told: CameraStatus | undefined

  constructor(capture: Capture, picture: { timeCode: boolean }, send: (message: FromHost) => void) {
    this.#capture = capture
    this.#picture = picture
    this.#send = send
  }

  get settings(): CameraSettings {
    return { ...this.#capture.settings, timeCode: this.#picture.timeCode }
  }

  /** Whether there is no live view just now, but the last frame. */
  get isWaiting(): boolean {
    return this.#told?.lastFrame !== undefined
  }

  /** Rejects with the camera's reason. */
  async apply({ timeCode, ...wanted }: CameraSettings): Promise<void> {
    await this.#capture.set(wanted)
    this.#picture.timeCode = timeCode ?? this.#picture.timeCode
  }

  /** Applies, after what was asked before, and answers the request. */
  set(request: number, wanted: CameraSettings): void {
    this.#queue = this.#queue
      .then(() => this.apply(wanted))
      .then(
        () => this.#send({ type: 'set', request, status: this.#status() }),
        (error: unknown) =>
          this.#send({
            type: 'refused',
            request,
            reason: error instanceof Error ? error.message : String(error),
          }),
      )
  }

  /** Says how the camera stands, unless it was said already. */
  tell(): void {
    const status = this.#status()
    if (isDeepStrictEqual(status, this.#told)) return
    this.#told = status
    this.#send({ type: 'status', status })
  }

  #status(): CameraStatus {
    const { features, temperatureC } = this.#capture
    const reason = lastFrameReason(this.settings, monotonicMs() - (this.frameAt ?? this.#begun))
    return {
      settings: this.settings,
      features: { ...features },
      temperatureC,
      clockSet: isClockSet(),
      lastFrame:
        reason === undefined ? undefined : { reason, madeAt: this.frameAt && epochMsOf(this.frameAt) },
    }
  }
}
