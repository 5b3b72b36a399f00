import { epochMsOf } from '../../../core/clock.ts'
import { JpegEncoder } from '../../encode/jpeg.ts'
import type { Picture } from '../../frame/frame.ts'
import type { Part, PartContext } from '../../frame/part.ts'
import type { JpegProtocol } from './bridge-part.ts'

/** Makes JPEGs of pictures while they are wanted: no other before the last has left. */
export class JpegPart implements Part<JpegProtocol['to']> {
  readonly #context: PartContext<JpegProtocol['from']>
  #encoder: JpegEncoder | undefined
  #unfollow: (() => void) | undefined
  #busy = false

  constructor(context: PartContext<JpegProtocol['from']>) {
    this.#context = context
  }

  heard({ wanted }: JpegProtocol['to']): void {
    this.#unfollow?.()
    this.#unfollow = wanted ? this.#context.pictures.follow((picture) => void this.#make(picture)) : undefined
  }

  async #make(picture: Picture): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      if (this.#encoder) await this.#encode(this.#encoder, picture)
      else await this.#begin({ ...picture, i420: picture.i420.slice() })
    } catch (error) {
      this.#context.fail(error)
    } finally {
      this.#busy = false
    }
  }

  // By the time that an encoder is open, the picture's data has become another's.
  async #begin(copy: Picture): Promise<void> {
    this.#encoder = await JpegEncoder.open(copy.width, copy.height)
    await this.#encode(this.#encoder, copy)
  }

  async #encode(encoder: JpegEncoder, picture: Picture): Promise<void> {
    const { madeAt } = picture
    await this.#context.send({ jpeg: await encoder.encode(picture), madeAt: epochMsOf(madeAt) })
  }
}
