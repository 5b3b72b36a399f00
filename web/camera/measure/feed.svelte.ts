import type { FrameHeader } from '../../../shared/camera/frame-header.ts'
import { type FrameRequest, framesStream } from '../../../shared/camera/frames.ts'
import { call } from '../../link/call.ts'
import { bridgeClock, pageNow } from '../../link/clock.ts'
import { socket } from '../../link/socket.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import type { Analysis, Asked } from './analysis.ts'
import type { Picture } from './decode.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** One that is worked on and one that waits: what the page cannot keep up with is dropped before it is sent. */
const WINDOW = 2
const RETRY_MS = 1000
/** Frames that the rate is told from. */
const RATE_OVER = 20

type Bytes = ArrayBuffer | Uint8Array
interface Arrived {
  seq: number
  header: Bytes
  body: Bytes
}

/** A camera's frames as they are measured on: opened, decoded in a worker, kept as they came last. */
export class FrameFeed {
  readonly camera: string
  request = $state.raw<FrameRequest>({
    region: null,
    step: 1,
    maxFps: null,
    compression: 'none',
    level: 1,
  })
  header = $state.raw<FrameHeader>()
  analysis = $state.raw<Analysis>()
  /** Why there are no frames, in the bridge's words or the decoder's. */
  problem = $state<string>()
  paused = $state(false)
  fps = $state<number>()
  decodeMs = $state<number>()
  /** When the newest frame was shown, by this machine's clock. */
  shownAt = $state(0)
  /** How old it was then, ms. */
  ageMs = $state<number>()
  /** The picture itself, which nothing on the page reacts to but who is told. */
  picture: Picture | undefined

  readonly #onPicture: (picture: Picture) => void
  // An address, not a state.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  readonly #waiting: Arrived[] = []
  readonly #times: number[] = []
  #working: Arrived | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(camera: string, onPicture: (picture: Picture) => void) {
    this.camera = camera
    this.#onPicture = onPicture
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#heard(data)
    this.#worker.onerror = ({ message }) => {
      this.problem = `frames cannot be decoded here: ${message || 'the worker does not start'}`
    }
    socket.on('stream', this.#arrived)
    socket.on('connect', this.#ask)
    this.#ask()
  }

  /** Asks for the frames in another way; what is refused is said, and stays as it was. */
  async change(change: Partial<FrameRequest>): Promise<void> {
    try {
      this.request = this.paused
        ? { ...this.request, ...change }
        : await call('frames.change', { camera: this.camera, ...change })
      this.#times.length = 0
    } catch (error) {
      toasts.report(error)
    }
  }

  /** Stops the frames, keeping the last, or goes on. */
  pause(paused: boolean): void {
    this.paused = paused
    if (paused) this.#end()
    else this.#ask()
  }

  /** A page that nobody sees has no frames. */
  hide(hidden: boolean): void {
    if (this.paused) return
    if (hidden) this.#end()
    else this.#ask()
  }

  /** What is to be measured from now on, and on the frame that is there. */
  ask(asked: Asked): void {
    this.#post({ type: 'ask', asked })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    socket.off('stream', this.#arrived)
    socket.off('connect', this.#ask)
    this.#end()
    this.#worker.terminate()
  }

  #end(): void {
    clearTimeout(this.#retry)
    this.#waiting.length = 0
    this.#times.length = 0
    this.fps = undefined
    if (socket.connected) void call('frames.close', { camera: this.camera }).catch(() => undefined)
  }

  /** Asks anew, as after a reconnection, or once the camera has come back. */
  readonly reopen = (): void => this.#ask()

  readonly #ask = (): void => {
    clearTimeout(this.#retry)
    if (this.#closed || this.paused || document.hidden || !socket.connected) return
    call('frames.open', { camera: this.camera, window: WINDOW, ...this.request }).then(
      () => {
        this.problem = undefined
      },
      (error: unknown) => {
        this.problem = error instanceof Error ? error.message : String(error)
        if (!this.#closed) this.#retry = setTimeout(this.#ask, RETRY_MS)
      },
    )
  }

  readonly #arrived = (name: string, header: Bytes, body?: Bytes): void => {
    if (name !== framesStream(this.camera) || !body) return
    const view =
      header instanceof ArrayBuffer ? new DataView(header) : new DataView(header.buffer, header.byteOffset)
    const arrived = { seq: view.getUint32(4, true), header, body }
    if (this.#working) this.#waiting.push(arrived)
    else this.#work(arrived)
  }

  #work(arrived: Arrived): void {
    this.#working = arrived
    const { header, body } = arrived
    const transfer = [header, body].filter((bytes) => bytes instanceof ArrayBuffer)
    this.#post({ type: 'frame', header, body }, transfer)
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #heard(message: FromWorker): void {
    if (message.type === 'analysis') this.analysis = message.analysis
    else if (message.type === 'picture') this.#show(message)
    else {
      if (message.problem !== undefined) this.problem = message.problem
      if (this.#working) {
        socket.emit('stream.ack', { stream: framesStream(this.camera), seq: this.#working.seq })
      }
      this.#working = undefined
      const next = this.#waiting.shift()
      if (next) this.#work(next)
    }
  }

  #show({ header, samples, decodeMs }: Extract<FromWorker, { type: 'picture' }>): void {
    if (this.paused) return
    this.picture = { header, samples }
    this.header = header
    this.decodeMs = decodeMs
    this.shownAt = Date.now()
    this.ageMs = bridgeClock.now() - header.madeAt
    this.#times.push(pageNow())
    if (this.#times.length > RATE_OVER) this.#times.shift()
    const span = (this.#times.at(-1) ?? 0) - (this.#times[0] ?? 0)
    this.fps = span > 0 ? ((this.#times.length - 1) * 1000) / span : undefined
    this.#onPicture(this.picture)
  }
}
