import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A link to a server of this machine that can be stalled: nothing that the server sends is taken, until it is freed. */
export class Link implements AsyncDisposable {
  readonly #server
  readonly #ends = new Set<{ near: Socket; far: Socket }>()
  #stalled = false

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      const ends = { near, far }
      this.#ends.add(ends)
      near.on('error', () => far.destroy()).on('close', () => far.destroy())
      far
        .on('error', () => near.destroy())
        .on('close', () => {
          near.destroy()
          this.#ends.delete(ends)
        })
      near.on('data', (bytes) => far.write(bytes))
      far.on('data', (bytes) => {
        if (!near.write(bytes)) far.pause()
      })
      near.on('drain', () => this.#stalled || far.resume())
    })
  }

  /** A link to this port of loopback. */
  static async to(port: number): Promise<Link> {
    const link = new Link(port)
    link.#server.listen(0, '127.0.0.1')
    await once(link.#server, 'listening')
    return link
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** From now on what the server sends stays in its own buffers, and then in the server. */
  stall(): void {
    this.#stalled = true
    for (const { far } of this.#ends) far.pause()
  }

  free(): void {
    this.#stalled = false
    for (const { far } of this.#ends) far.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { near } of this.#ends) near.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
