interface Waiting {
  bytes: Uint8Array
  written: () => void
}

/**
 * What goes out of a serial port, in order. What waits is kept here and not in the port's own stream, so that what makes
 * a device safe has to wait for one write at most, however slow the line is.
 */
export class PortWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #failed: (error: unknown) => void
  #waiting: Waiting[] = []
  #writing = false

  /** `failed`: the port takes nothing any more. */
  constructor(stream: WritableStream<Uint8Array>, failed: (error: unknown) => void) {
    this.#writer = stream.getWriter()
    this.#failed = failed
  }

  /** `written` is called when the port has taken the bytes, or they are not wanted any more. */
  write(bytes: Uint8Array, written: () => void): void {
    this.#waiting.push({ bytes, written })
    if (!this.#writing) void this.#run()
  }

  /**
   * Writes these ahead of all that waits, which is dropped: it was meant for a device that somebody answers for. All of
   * it is with the port before this returns, for a page that may not live to the next tick. Resolves when the port has
   * taken it, or cannot.
   */
  async makeSafe(messages: readonly Uint8Array[]): Promise<void> {
    const dropped = this.#waiting
    this.#waiting = []
    const writes = messages.map((message) => this.#writer.write(message))
    for (const { written } of dropped) written()
    await Promise.allSettled(writes)
  }

  /** Gives the port up, with what is still on its way. */
  async close(): Promise<void> {
    await this.#writer.abort().catch(() => undefined)
    this.#writer.releaseLock()
  }

  async #run(): Promise<void> {
    this.#writing = true
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
        await this.#writer.write(next.bytes)
        next.written()
      }
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#writing = false
    }
  }
}
