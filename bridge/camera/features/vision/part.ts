import { Worker } from 'node:worker_threads'
import type { Detectors } from '../../../../shared/camera/vision.ts'
import { type Frame, i420Bytes, toI420 } from '../../frame/frame.ts'
import type { Part, PartContext } from '../../frame/part.ts'
import type { VisionProtocol } from './bridge-part.ts'
import type { FromEye, ToEye } from './jobs.ts'

const RATES_MS = 1000
/** Measuring looks at every picture there is. */
const MEASURING_MS = 3000

/** Hands pictures to the thread that looks, at a set rate: never a second one while it is busy. */
export class VisionPart implements Part<VisionProtocol['to']> {
  readonly #context: PartContext<VisionProtocol['from']>
  #worker: Worker | undefined
  #unfollow: (() => void) | undefined
  #detectors: Detectors = {}
  #periodMs = 0
  #due = 0
  /** The buffer, unless the thread has it. */
  #free: Uint8Array<ArrayBuffer> | undefined
  #measureUntil = 0
  #skipped = 0
  #counted = { looked: 0, costMs: 0, at: performance.now() }

  constructor(context: PartContext<VisionProtocol['from']>) {
    this.#context = context
    const timer = setInterval(() => this.#tell(), RATES_MS)
    context.signal.addEventListener('abort', () => clearInterval(timer))
  }

  heard(message: VisionProtocol['to']): void {
    if (message.type === 'use') {
      this.#detectors = message.detectors
      this.#periodMs = 1000 / message.fps
      this.#due = 0
      if (Object.keys(message.detectors).length > 0 || this.#worker)
        this.#post({ type: 'detectors', detectors: message.detectors, model: message.model })
    } else {
      this.#measureUntil = performance.now() + MEASURING_MS
      this.#post(message)
    }
    this.#follow()
  }

  #follow(): void {
    const wanted = Object.keys(this.#detectors).length > 0 || performance.now() < this.#measureUntil
    if (wanted) this.#unfollow ??= this.#context.frames.follow((frame) => this.#take(frame))
    else {
      this.#unfollow?.()
      this.#unfollow = undefined
    }
  }

  #take(frame: Frame): void {
    const now = performance.now()
    const measuring = now < this.#measureUntil
    // A frame that is a little early is in time: or every second one would be left out.
    if (!measuring && frame.madeAt < this.#due - this.#periodMs * 0.2) return
    this.#due = Math.max(this.#due + this.#periodMs, frame.madeAt)
    if (!this.#free) {
      this.#skipped += 1
      return
    }
    const { width, height, madeAt, number, exposureMs } = frame
    const bytes = i420Bytes(width, height)
    const i420 = this.#free.length === bytes ? this.#free : new Uint8Array(bytes).fill(128)
    this.#free = undefined
    toI420(frame, i420, false)
    this.#post({ type: 'frame', i420, width, height, madeAt, number, exposureMs }, [i420.buffer])
  }

  #post(message: ToEye, transfer: ArrayBuffer[] = []): void {
    if (!this.#worker) {
      this.#worker = new Worker(new URL('./worker.ts', import.meta.url))
      this.#worker.on('message', (said: FromEye) => this.#heard(said))
      this.#worker.on('error', (error: Error) => this.#lost(error))
      this.#free = new Uint8Array(0)
    }
    this.#worker.postMessage(message, transfer)
  }

  #heard(said: FromEye): void {
    if (said.type !== 'seen') {
      void this.#context.send(said)
      return
    }
    this.#free = said.i420
    this.#counted.looked += 1
    this.#counted.costMs += said.costMs
    if (said.seen && Object.keys(this.#detectors).length > 0)
      void this.#context.send({ type: 'seen', seen: said.seen })
  }

  #lost(error: Error): void {
    void this.#worker?.terminate()
    this.#worker = undefined
    this.#detectors = {}
    this.#measureUntil = 0
    this.#follow()
    void this.#context.send({ type: 'failed', message: `the thread that looks has ended: ${error.message}` })
  }

  #tell(): void {
    const { looked, costMs, at } = this.#counted
    const now = performance.now()
    this.#counted = { looked: 0, costMs: 0, at: now }
    this.#follow()
    if (looked === 0) return
    const fps = Math.round((looked / (now - at)) * 10_000) / 10
    void this.#context.send({
      type: 'rates',
      rates: { fps, skipped: this.#skipped, costMs: Math.round((costMs / looked) * 10) / 10 },
    })
  }
}
