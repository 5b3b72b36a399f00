import type { types } from 'mediasoup'
import { BenchError } from '../../shared/wire/errors.ts'
import { withStartDeadline } from '../core/start-deadline.ts'
import { answered } from './answered.ts'
import { routerCodecs } from './codecs.ts'
import type { Entering, Live } from './ingest.ts'
import type { MediaWorker } from './worker.ts'

/** Somebody waits for an answer, while a worker that has died is replaced. */
const PLACE_MS = 10_000

/** A stream from outside on its way into the SFU: a router of its own on some worker, gone when that worker dies. */
export class Intake {
  readonly #entering: Entering
  #router: types.Router | undefined
  #place: MediaWorker | undefined
  #release: (() => void) | undefined
  #closed = false

  constructor(entering: Entering) {
    this.#entering = entering
  }

  /**
   * Makes the router, and lets `connect` make a transport on it and produce there. Rejects with `media.unavailable` when
   * it was closed meanwhile, and with what `connect` rejects with; it is closed then.
   */
  async open<T>(connect: (router: types.Router, server: types.WebRtcServer) => Promise<T>): Promise<T> {
    const { camera, codec, workers } = this.#entering
    try {
      const place = await withStartDeadline(workers.acquire(), PLACE_MS, `${camera}: a place in the SFU`, {
        late: (late) => late.release(),
      })
      if (this.#closed) {
        place.release()
        throw this.#gone()
      }
      this.#release = place.release
      this.#place = place
      const router = await answered(
        place.worker.createRouter({ mediaCodecs: [routerCodecs[codec]] }),
        'a router',
      )
      this.#router = router
      if (this.#closed) throw this.#gone()
      router.once('workerclose', () => this.close())
      const connected = await connect(router, place.server)
      if (this.#closed) throw this.#gone()
      return connected
    } catch (error) {
      this.close()
      this.#router?.close()
      if (error instanceof BenchError) throw error
      const message = `${camera}: the SFU did not take the stream: ${String(error)}`
      throw new BenchError('media.unavailable', message, { device: camera, cause: error })
    }
  }

  /** The stream flows: viewers can have it. */
  show(producer: types.Producer): void {
    const { worker, server } = this.#place ?? {}
    if (this.#closed || !worker || !server || !this.#router) return
    const live: Live = { worker, server, router: this.#router, producer }
    this.#entering.onLive(live)
  }

  /** Ends it, once; any time. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#router?.close()
    this.#release?.()
    this.#entering.onEnded()
    this.#entering.onClosed()
  }

  #gone(): BenchError {
    const { camera } = this.#entering
    return new BenchError('media.unavailable', `${camera} ended under way: begin again`, { device: camera })
  }
}
