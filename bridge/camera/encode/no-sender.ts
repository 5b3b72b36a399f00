import type { Sender, VideoStream } from '../frame/encode.ts'

/** For video that is in the SFU already: it is counted, and nothing is sent. */
export class NoSender implements Sender {
  readonly about: Sender['about']
  readonly stream: VideoStream | undefined
  /** What has come, counted by whoever receives it. */
  readonly sent = { bytes: 0, pictures: 0 }
  readonly awake = false

  constructor(about: Sender['about'], stream: VideoStream | undefined) {
    this.about = about
    this.stream = stream
  }

  watch(): void {}

  retarget(): Promise<void> {
    return Promise.reject(new Error('there is nothing to send to anybody'))
  }

  async send(): Promise<void> {}

  close(): void {}
}
