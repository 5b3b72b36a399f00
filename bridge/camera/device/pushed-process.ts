import type { Codec } from '../../../shared/camera/camera.ts'
import { pause } from '../../core/deadline.ts'
import type { DriverContext } from '../../device/device.ts'
import type { Tap } from '../../device/publisher.ts'
import { type BridgeParts, openBridgeParts, type PartName } from './bridge-parts.ts'
import { HostProcess } from './host-process.ts'
import type { BridgePart } from '../frame/part.ts'
import type { CameraAbout, FailureKind, FromHost, ToHost } from '../frame/protocol.ts'

/** The stream is to be had a moment after its publisher has come. */
const TAP_EVERY_MS = 100
const BACKOFF_MS = { first: 100, most: 5000 }
/** A process that lived for so long was healthy: what comes after is not a repetition. */
const HEALTHY_MS = 30_000
/** A stream that changes its format sooner than this, over and over, is not followed each time. */
const SETTLED_MS = 3000

/** How one process ended. */
interface Gone {
  reason: string
  why: FailureKind | undefined
}

/**
 * The process of a camera whose picture others push in, for all but showing it live: it is there while somebody publishes,
 * with a copy of the packets, and is started anew when it dies. Its parts live as long as the camera.
 */
export class PushedProcess implements AsyncDisposable {
  readonly parts: BridgeParts
  readonly #context: DriverContext<'camera'>
  #pushing: AbortController | undefined
  /** One process at a time: the last one's end is waited for. */
  #turn: Promise<void> = Promise.resolve()
  #tap: Tap | undefined
  #restarts = 0

  constructor(context: DriverContext<'camera'>) {
    this.#context = context
    this.parts = openBridgeParts(context)
  }

  /** Somebody publishes now, instead of anybody before. */
  begin(codec: Codec): void {
    this.end()
    const pushing = new AbortController()
    this.#pushing = pushing
    this.#turn = this.#turn.then(() => this.#serve(codec, pushing.signal))
  }

  /** Nobody publishes any more. */
  end(): void {
    this.#pushing?.abort()
    this.#pushing = undefined
  }

  async #serve(codec: Codec, signal: AbortSignal): Promise<void> {
    const { id, log, state } = this.#context
    let failures = 0
    while (!signal.aborted) {
      const since = performance.now()
      const { reason, why } = await this.#live(codec, signal)
      if (signal.aborted) return
      const livedMs = performance.now() - since
      if (why === 'shape' && livedMs > SETTLED_MS) {
        log.info(`${id}: ${reason}`)
        continue
      }
      failures = livedMs > HEALTHY_MS ? 1 : failures + 1
      const wait = Math.min(BACKOFF_MS.first * 2 ** (failures - 1), BACKOFF_MS.most)
      log.warn(`${id}: ${reason}; starting its process again in ${wait} ms`)
      this.#restarts += 1
      state.merge({ restarts: this.#restarts })
      await pause(wait, signal)
    }
  }

  /** Runs one process until it has gone; it is ended when the signal aborts. */
  async #live(codec: Codec, signal: AbortSignal): Promise<Gone> {
    const { log, state } = this.#context
    const over = Promise.withResolvers<Gone>()
    const life = new AbortController()
    const host: HostProcess = new HostProcess(log, {
      heard: (message) => this.#heard(host, message, life.signal),
      gone: (reason, why) => over.resolve({ reason, why }),
    })
    // What is pushed in is neither encoded here nor held to a rate.
    host.send({
      type: 'start',
      start: { source: { kind: 'pushed', codec }, codec, bitrateKbps: 0, settings: {} },
    })
    const end = (): void => void host.end()
    signal.addEventListener('abort', end, { once: true })
    try {
      return await over.promise
    } finally {
      signal.removeEventListener('abort', end)
      life.abort()
      this.#tap?.[Symbol.dispose]()
      this.#tap = undefined
      for (const [, half] of this.#eachPart()) half.gone()
      state.put({ rates: undefined })
    }
  }

  #heard(host: HostProcess, message: FromHost, life: AbortSignal): void {
    const { state } = this.#context
    switch (message.type) {
      case 'tap':
        void this.#copy(host, message, life)
        break
      case 'wantKey':
        // One that has ended has no key frames to ask for.
        this.#tap?.wantKey().catch(() => {})
        break
      case 'ready':
        this.#begin(host, message.about)
        break
      case 'rates': {
        const { rates, droppedFrames, lostFrames } = message
        // Nothing is encoded here: what came is what the camera made.
        state.put({ rates: { ...rates, captureFps: rates.encodeFps }, droppedFrames, lostFrames })
        break
      }
      case 'part':
        ;(this.parts[message.part] as BridgePart<unknown, never>).heard(message.message as never)
        break
    }
  }

  async #copy(
    host: HostProcess,
    { request, port }: Extract<FromHost, { type: 'tap' }>,
    life: AbortSignal,
  ): Promise<void> {
    const { id, publisher } = this.#context
    for (let why = ''; ;) {
      try {
        const tap = await publisher.tap?.(id, port)
        if (!tap) throw new Error('there is no SFU to copy from')
        if (life.aborted) return tap[Symbol.dispose]()
        this.#tap = tap
        const { ssrc, payloadType } = tap
        host.send({ type: 'answer', request, copy: { ssrc, payloadType } })
        return
      } catch (error) {
        why = String(error)
      }
      if (!(await pause(TAP_EVERY_MS, life))) return void this.#context.log.debug(`${id}: no copy: ${why}`)
    }
  }

  #begin(host: HostProcess, about: CameraAbout): void {
    const { id, log, state } = this.#context
    log.info({ pid: host.pid }, `${id}: ${about.width}x${about.height} at ${about.nominalFps} fps`)
    const { width, height, bitDepth, nominalFps, encoder } = about
    state.put({ width, height, bitDepth, nominalFps, encoder })
    for (const [part, half] of this.#eachPart()) {
      // Its publisher sends one quality: another would have to be encoded here.
      if (part !== 'half')
        half.began((message: unknown) => host.send({ type: 'part', part, message } as ToHost), about)
    }
  }

  #eachPart(): [PartName, BridgePart<unknown, never>][] {
    return Object.entries(this.parts) as [PartName, BridgePart<unknown, never>][]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
    await this.#turn
    for (const [, half] of this.#eachPart()) half[Symbol.dispose]()
  }
}
