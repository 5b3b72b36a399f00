import type { PublishTarget } from '../../device/publisher.ts'
import type { Picture } from '../frame/frame.ts'
import type { EncoderSettings, Report, Sender } from '../frame/encode.ts'
import { H264Stream } from './h264-stream.ts'
import { RtpOutput } from './rtp-output.ts'

/** Pictures as H.264 over plain RTP. */
export class RtpSender implements Sender {
  readonly stream: H264Stream
  readonly #output: RtpOutput

  private constructor(stream: H264Stream) {
    this.stream = stream
    this.#output = new RtpOutput(stream)
  }

  /** `wanted` hears when pictures are wanted, and when no more. */
  static async open(
    settings: EncoderSettings,
    report: Report,
    wanted?: (wanted: boolean) => void,
  ): Promise<RtpSender> {
    return new RtpSender(await H264Stream.open(settings, report, wanted))
  }

  get about(): Sender['about'] {
    return this.stream.about
  }

  get sent(): Sender['sent'] {
    return this.#output.sent
  }

  get awake(): boolean {
    return this.stream.units.wanted
  }

  watch(watched: boolean): void {
    this.#output.watch(watched)
  }

  async retarget(target: PublishTarget): Promise<void> {
    if (target.codec !== 'h264') throw new Error(`a ${target.codec} target for an h264 sender`)
    await this.#output.retarget(target)
  }

  send(picture: Picture): Promise<void> {
    return this.stream.send(picture)
  }

  close(): void {
    this.#output.close()
    this.stream.close()
  }
}
