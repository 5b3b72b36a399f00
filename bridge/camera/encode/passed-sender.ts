import type { PublishTarget } from '../../device/publisher.ts'
import type { Sender, VideoStream } from '../frame/encode.ts'
import { RtpOutput } from './rtp-output.ts'

/** H.264 that the camera encoded, over plain RTP: it has no use for pictures. */
export class PassedSender implements Sender {
  readonly stream: VideoStream
  readonly awake = false
  readonly #output: RtpOutput

  constructor(stream: VideoStream) {
    this.stream = stream
    this.#output = new RtpOutput(stream)
  }

  get about(): Sender['about'] {
    return this.stream.about
  }

  get sent(): Sender['sent'] {
    return this.#output.sent
  }

  watch(watched: boolean): void {
    this.#output.watch(watched)
  }

  async retarget(target: PublishTarget): Promise<void> {
    if (target.codec !== 'h264') throw new Error(`a ${target.codec} target for an h264 sender`)
    await this.#output.retarget(target)
  }

  async send(): Promise<void> {}

  close(): void {
    this.#output.close()
  }
}
