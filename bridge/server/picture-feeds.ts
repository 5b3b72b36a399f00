import type { CameraState } from '../../shared/camera/camera.ts'
import type { ServerEvents } from '../../shared/commands.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { encodePicture, pictureStream } from '../../shared/camera/pictures.ts'
import { CreditWindow } from '../core/credit.ts'
import type { Caller, Handlers } from '../device/device.ts'
import type { Subscription } from '../core/stream.ts'
import type { Topic } from '../core/topic.ts'
import type { ViewerIds } from '../core/viewer-ids.ts'
import type { FindDevice } from './call.ts'
import type { StreamAck } from './stream-ack.ts'

/** A browser that has so much waiting to leave gets no more pictures: its link is stuck, and the newest waits. */
const MOST_UNSENT_PACKETS = 8

interface Options {
  emit: <E extends keyof ServerEvents>(event: E, ...args: Parameters<ServerEvents[E]>) => unknown
  /** Packets that wait to leave. */
  unsent: () => number
  device: FindDevice
  cameraTopic: (id: string) => Topic<CameraState> | undefined
  viewers: ViewerIds
}

/** The JPEG pictures that one browser has open, a camera each; they end with it. */
export class PictureFeeds implements Disposable {
  readonly #options: Options
  readonly #open = new Map<string, Subscription>()

  constructor(options: Options) {
    this.#options = options
  }

  handlers: Handlers = {
    'pictures.open': ({ camera, window }, caller) => {
      const stream = pictureStream(camera)
      this.#open.get(stream)?.close()
      return Promise.resolve({ stream, viewer: this.#begin(camera, stream, window, caller) })
    },
    'pictures.close': ({ camera }) => {
      this.#open.get(pictureStream(camera))?.close()
      return Promise.resolve({})
    },
  }

  #begin(id: string, stream: string, window: number, caller: Caller): string {
    const { device, emit, unsent, cameraTopic, viewers } = this.#options
    const camera = device(id)
    if (!camera.jpegs) throw new BenchError('device.unsupported', `${id} is not a camera`, { device: id })
    const credit = new CreditWindow<{ jpeg: Uint8Array; madeAt: number }>(
      window,
      ({ jpeg, madeAt }, seq, dropped) =>
        emit(
          'stream',
          stream,
          encodePicture({ seq, dropped, madeAt, jpeg: jpeg as Uint8Array<ArrayBuffer> }),
        ),
      { isStuck: () => unsent() >= MOST_UNSENT_PACKETS },
    )
    const end = camera.jpegs((jpeg, madeAt) => credit.offer({ jpeg, madeAt }))
    const { id: viewer, shown } = viewers.add(caller)
    const { name, address } = caller
    const topic = cameraTopic(id)
    topic?.merge({
      viewers: { [shown]: { since: Date.now(), name, address, quality: 'full', path: 'jpeg' } },
    })
    this.#open.set(stream, {
      acknowledge: (seq) => credit.acknowledge(seq),
      resume: () => credit.resume(),
      close: () => {
        end()
        this.#open.delete(stream)
        viewers.remove(viewer)
        topic?.merge({ viewers: { [shown]: null } })
      },
    })
    return viewer
  }

  /** A browser has handled a picture; what it says of streams that are not open here is ignored. */
  acknowledge({ stream, seq }: StreamAck): void {
    this.#open.get(stream)?.acknowledge(seq)
  }

  /** Sends what had to wait, as far as the link takes it. */
  resume(): void {
    for (const open of this.#open.values()) open.resume()
  }

  [Symbol.dispose](): void {
    for (const open of [...this.#open.values()]) open.close()
  }
}
