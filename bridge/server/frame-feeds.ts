import type { ServerEvents } from '../../shared/commands.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { framesStream } from '../../shared/camera/frames.ts'
import type { FrameSubscription, Handlers } from '../device/device.ts'
import type { FindDevice } from './call.ts'
import type { StreamAck } from './stream-ack.ts'

/** Socket.IO sends an event with two binary arguments as three packets. */
const PACKETS_A_FRAME = 3
/** A browser that has this many frames waiting behind the one that is leaving gets no more: its link is stuck, and the newest waits. */
const MOST_UNSENT_FRAMES = 2

/** One browser's socket as frames need it. */
interface Outlet {
  emit<E extends keyof ServerEvents>(event: E, ...args: Parameters<ServerEvents[E]>): unknown
  /** Packets that wait to leave. */
  unsent(): number
}

/** The frames that one browser has open, a camera each; they end with it. */
export class FrameFeeds implements Disposable {
  readonly #outlet: Outlet
  readonly #device: FindDevice
  readonly #open = new Map<string, FrameSubscription>()

  constructor(outlet: Outlet, device: FindDevice) {
    this.#outlet = outlet
    this.#device = device
  }

  handlers: Handlers = {
    'frames.open': ({ camera, window, ...request }) => {
      const device = this.#device(camera)
      const name = framesStream(camera)
      if (!device.frames) {
        throw new BenchError('device.unsupported', `${camera} sends no frames to measure on`, {
          device: camera,
        })
      }
      const subscription = device.frames(request, window, {
        send: (header, pixels) => this.#outlet.emit('stream', name, header, pixels),
        isStuck: () => this.#outlet.unsent() >= MOST_UNSENT_FRAMES * PACKETS_A_FRAME,
      })
      this.#open.get(name)?.close()
      this.#open.set(name, subscription)
      return Promise.resolve(subscription.request)
    },
    'frames.change': ({ camera, ...change }) => {
      const subscription = this.#open.get(framesStream(camera))
      if (!subscription) {
        const message = `no frames of ${camera} are open on this connection: call frames.open`
        throw new BenchError('input.invalid', message, { device: camera })
      }
      return Promise.resolve(subscription.change(change))
    },
    'frames.close': ({ camera }) => {
      const name = framesStream(camera)
      this.#open.get(name)?.close()
      this.#open.delete(name)
      return Promise.resolve({})
    },
  }

  /** A browser has handled a frame; what it says of streams that are not open here is ignored. */
  acknowledge({ stream, seq }: StreamAck): void {
    this.#open.get(stream)?.acknowledge(seq)
  }

  /** Sends what had to wait, as far as the link takes it. */
  resume(): void {
    for (const subscription of this.#open.values()) subscription.resume()
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#open.values()) subscription.close()
  }
}
