import { createServer, type Server, type Socket } from 'node:net'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Bytes before the header: the number of the set that the frame was packed for, u32, little-endian. */
export const SET_BYTES = 4

/**
 * A camera process's end of the socket that its frames take to the bridge. Not the channel that messages take: there,
 * the bridge would parse a frame in one go, and a frame of 20 megapixels would hold it for 70 ms.
 */
export class FrameOutlet {
  readonly #opened: () => void
  #server: Server | undefined
  #socket: Socket | undefined

  /** `opened` hears when the bridge has connected. */
  constructor(opened: () => void) {
    this.#opened = opened
  }

  get open(): boolean {
    return this.#socket !== undefined
  }

  /** Waits at `path` for the bridge, in place of any that it had before. Resolves when it may connect. */
  listen(path: string): Promise<void> {
    this[Symbol.dispose]()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const server = createServer((socket) => {
      // One and no more: the folder, which is the bridge's and nobody else's, has done its duty.
      server.close()
      void rm(dirname(path), { recursive: true, force: true })
      this.#socket = socket
      socket.on('error', () => socket.destroy())
      socket.once('close', () => {
        if (this.#socket === socket) this.#socket = undefined
      })
      this.#opened()
    })
    this.#server = server
    server.once('error', reject)
    server.listen(path, resolve)
    return promise
  }

  /** Sends a frame; resolves when it has left, or when there is nobody to have it. */
  async send(set: number, header: Uint8Array, body: Uint8Array): Promise<void> {
    const socket = this.#socket
    if (!socket || socket.destroyed) return
    const head = new Uint8Array(SET_BYTES + header.length)
    new DataView(head.buffer).setUint32(0, set, true)
    head.set(header, SET_BYTES)
    socket.cork()
    socket.write(head)
    const left = new Promise<void>((resolve) => socket.write(body, () => resolve()))
    socket.uncork()
    await left
  }

  [Symbol.dispose](): void {
    this.#server?.close()
    this.#socket?.destroy()
    this.#socket = undefined
  }
}
