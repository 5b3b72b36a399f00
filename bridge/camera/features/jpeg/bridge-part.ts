import type { JpegListener } from '../../../device/device.ts'
import type { BridgePart } from '../../frame/part.ts'

export interface JpegProtocol {
  to: { wanted: boolean }
  from: { jpeg: Uint8Array; madeAt: number }
}

/** JPEGs for those in the bridge who listen: encoded only while somebody does. */
export class JpegBridgePart implements BridgePart<JpegProtocol['to'], JpegProtocol['from']> {
  readonly commands = {}
  readonly #listeners = new Set<JpegListener>()
  #send: ((message: JpegProtocol['to']) => void) | undefined

  /** Hears of every JPEG from now on; the answer ends it. */
  listen(listener: JpegListener): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#send?.({ wanted: true })
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#send?.({ wanted: false })
    }
  }

  began(send: (message: JpegProtocol['to']) => void): void {
    this.#send = send
    if (this.#listeners.size > 0) send({ wanted: true })
  }

  heard({ jpeg, madeAt }: JpegProtocol['from']): void {
    for (const listener of this.#listeners) listener(jpeg, madeAt)
  }

  gone(): void {
    this.#send = undefined
  }

  [Symbol.dispose](): void {
    this.#listeners.clear()
  }
}
