import { connect, type Socket } from 'node:net'
import {
  decodeFrameHeader,
  FRAME_HEADER_BYTES,
  type FrameHeader,
} from '../../../../shared/camera/frame-header.ts'
import { SET_BYTES } from './outlet.ts'

interface Events {
  frame(set: number, header: FrameHeader, body: Uint8Array<ArrayBuffer>): void
  /** Once, when it is over; the reason where something was wrong. */
  gone(reason: string | undefined): void
}

/**
 * The bridge's end of the socket that a camera's frames take. What comes is read to where it stays: a frame is copied
 * once, by the kernel, as much at a time as the socket holds.
 */
export class FrameReader implements Disposable {
  readonly #events: Events
  readonly #socket: Socket
  readonly #head = new Uint8Array(SET_BYTES + FRAME_HEADER_BYTES)
  #header: FrameHeader | undefined
  #body = new Uint8Array(0)
  #filled = 0
  #reason: string | undefined

  constructor(path: string, events: Events) {
    this.#events = events
    this.#socket = connect({
      path,
      onread: {
        buffer: () => this.#target.subarray(this.#filled),
        callback: (bytes) => this.#received(bytes),
      },
    })
    this.#socket.on('error', (error) => {
      this.#reason ??= error.message
    })
    this.#socket.once('close', () => events.gone(this.#reason))
  }

  get #target(): Uint8Array {
    return this.#header ? this.#body : this.#head
  }

  #received(bytes: number): boolean {
    this.#filled += bytes
    if (this.#filled < this.#target.length) return true
    this.#filled = 0
    if (this.#header) {
      const [header, body] = [this.#header, this.#body]
      this.#header = undefined
      this.#events.frame(new DataView(this.#head.buffer).getUint32(0, true), header, body)
      return true
    }
    try {
      const header = decodeFrameHeader(this.#head.subarray(SET_BYTES))
      this.#header = header
      // Not zeroed: every byte is written before anyone sees it.
      this.#body = Buffer.allocUnsafeSlow(header.bodyBytes)
      return true
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : String(error)
      this.#socket.destroy()
      return false
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}
