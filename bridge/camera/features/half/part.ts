import type { RtpTarget } from '../../../device/publisher.ts'
import { RtpSender } from '../../encode/rtp-sender.ts'
import type { Picture } from '../../frame/frame.ts'
import type { Part, PartContext } from '../../frame/part.ts'
import type { HalfProtocol } from './bridge-part.ts'
import { halfPicture, halve } from './halve.ts'

/** A quarter of the pixels needs more than a quarter of the bits to look as good; what is left fits a narrow link. */
const BITRATE_SHARE = 0.3
const LEAST_KBPS = 150

/** Sends the pictures at half their size while somebody watches them so. */
export class HalfPart implements Part<HalfProtocol['to']> {
  readonly #context: PartContext<HalfProtocol['from']>
  readonly #bitrateKbps: number
  readonly #half: Picture
  #target: RtpTarget | undefined
  #sentTo: RtpTarget | undefined
  #sender: Promise<RtpSender> | undefined
  #unfollow: (() => void) | undefined
  #busy = false

  constructor(context: PartContext<HalfProtocol['from']>) {
    this.#context = context
    this.#bitrateKbps = Math.max(LEAST_KBPS, Math.round(context.bitrateKbps * BITRATE_SHARE))
    this.#half = halfPicture(context.width, context.height)
  }

  heard(message: HalfProtocol['to']): void {
    this.#heed(message).catch((error: unknown) => this.#context.fail(error))
  }

  // An encoder is opened for the first who wants one: most cameras are never watched in half quality.
  async #heed(message: HalfProtocol['to']): Promise<void> {
    if ('target' in message) this.#target = message.target
    else if (message.watched) this.#sender ??= this.#open()
    const sender = await this.#sender
    if (!sender) return
    if ('watched' in message) sender.watch(message.watched)
    if (this.#target && this.#target !== this.#sentTo) {
      this.#sentTo = this.#target
      await sender.retarget(this.#target)
    }
  }

  #open(): Promise<RtpSender> {
    const { nominalFps, report, pictures } = this.#context
    const { width, height } = this.#half
    const settings = { width, height, fps: nominalFps, bitrateKbps: this.#bitrateKbps }
    return RtpSender.open(settings, report, (wanted) => {
      this.#unfollow?.()
      this.#unfollow = wanted ? pictures.follow((picture) => void this.#send(picture)) : undefined
    })
  }

  async #send(picture: Picture): Promise<void> {
    // The full picture goes first: where the machine cannot afford both, this one has fewer.
    if (this.#busy || !this.#sender) return
    this.#busy = true
    try {
      halve(picture, this.#half.i420)
      this.#half.madeAt = picture.madeAt
      await (await this.#sender).send({ ...this.#half })
    } catch (error) {
      this.#context.fail(error)
    } finally {
      this.#busy = false
    }
  }
}
