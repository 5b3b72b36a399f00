import wrtc from '@roamhq/wrtc'
import type { Headers } from './people.ts'

/** What an HTTP exchange of an offer has come to. */
export interface Exchanged {
  status: number
  headers: globalThis.Headers
  /** The answer, or what the refusal says. */
  text: string
}

/** Posts an offer. */
export async function offer(
  url: string,
  path: string,
  sdp: string,
  headers: Headers = {},
): Promise<Exchanged> {
  return exchange(url + path, 'POST', { 'Content-Type': 'application/sdp', ...headers }, sdp)
}

/** Asks by any method, and takes the answer as text. */
export async function exchange(
  url: string,
  method: string,
  headers: Headers = {},
  body?: string,
): Promise<Exchanged> {
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

/** libwebrtc, VP8 alone, as one end of an exchange: it counts the pictures that it is shown, or shows some. */
export class WrtcEnd implements Disposable {
  readonly connection = new wrtc.RTCPeerConnection()
  pictures = 0
  #stops: (() => void)[] = []

  /** An offer to receive, as players make it: audio too. */
  async wantPictures({ audio = true } = {}): Promise<string> {
    if (audio) this.connection.addTransceiver('audio', { direction: 'recvonly' })
    const { receiver } = this.connection.addTransceiver('video', { direction: 'recvonly' })
    const sink = new wrtc.nonstandard.RTCVideoSink(receiver.track)
    sink.onframe = () => this.pictures++
    this.#stops.push(() => sink.stop())
    return this.#offer()
  }

  /** An offer to send pictures, which are grey and 30 a second. */
  async givePictures(): Promise<string> {
    const source = new wrtc.nonstandard.RTCVideoSource()
    this.connection.addTransceiver(source.createTrack(), { direction: 'sendonly' })
    let shade = 0
    const timer = setInterval(() => {
      shade = (shade + 1) % 255
      source.onFrame({ width: 160, height: 120, data: new Uint8Array(160 * 120 * 1.5).fill(shade) })
    }, 33)
    this.#stops.push(() => clearInterval(timer))
    return this.#offer()
  }

  async #offer(): Promise<string> {
    const made = await this.connection.createOffer()
    // This libwebrtc is of 2022, and reads extensions by what it has offered though the answer has not agreed to it.
    const sdp = made.sdp?.replaceAll(/a=extmap:.*\r\n/g, '') ?? ''
    await this.connection.setLocalDescription({ type: 'offer', sdp })
    return sdp
  }

  /** New ICE credentials of its own. */
  async restart(): Promise<string> {
    this.connection.restartIce()
    return this.#offer()
  }

  async take(answer: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'answer', sdp: answer })
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop()
    this.connection.close()
  }
}

/** The lines of a session description that begin so. */
export function linesOf(sdp: string, begin: string): string[] {
  return sdp.split(/\r?\n/).filter((line) => line.startsWith(begin))
}
