import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { decodeCall } from '../../bridge/transport/vxi11/rpc.ts'

const HISLIP_HEADER_BYTES = 16
const HISLIP_DATA = 6
const HISLIP_DATA_END = 7
const DEVICE_WRITE = 11
const END = 8
const MARK_BYTES = 4

/** Stands between a client and a server of this machine, and keeps every byte that the client sends. */
export class WireTap implements AsyncDisposable {
  readonly port: number
  readonly #sent: Buffer[][] = []
  readonly #sockets = new Set<Socket>()
  readonly #close: () => Promise<unknown>

  private constructor(port: number, close: () => Promise<unknown>) {
    this.port = port
    this.#close = close
  }

  static async open(to: number): Promise<WireTap> {
    const server = createServer((client) => {
      const upstream = connect(to, '127.0.0.1')
      const sent: Buffer[] = []
      tap.#sent.push(sent)
      for (const socket of [client, upstream]) {
        tap.#sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('error', () => {})
      }
      client.on('data', (chunk: Buffer) => sent.push(chunk))
      client.pipe(upstream).pipe(client)
      client.on('close', () => upstream.destroy())
      upstream.on('close', () => client.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const tap = new WireTap((server.address() as AddressInfo).port, () => {
      server.close()
      return once(server, 'close')
    })
    return tap
  }

  /** What each connection has sent so far. */
  get sent(): Buffer[] {
    return this.#sent.map((chunks) => Buffer.concat(chunks))
  }

  /** The HiSLIP messages that carried data (IVI-6.1 section 2.4), whole: a message is over with DataEnd. */
  get hislipMessages(): string[] {
    const messages: string[] = []
    let text = ''
    for (const bytes of this.sent) {
      for (let at = 0; at + HISLIP_HEADER_BYTES <= bytes.length;) {
        const type = bytes.readUInt8(at + 2)
        const length = Number(bytes.readBigUInt64BE(at + 8))
        const from = at + HISLIP_HEADER_BYTES
        if (type === HISLIP_DATA || type === HISLIP_DATA_END)
          text += bytes.toString('latin1', from, from + length)
        if (type === HISLIP_DATA_END) {
          messages.push(text)
          text = ''
        }
        at = from + length
      }
    }
    return messages
  }

  /** What each VXI-11 device_write carried (section B.6.3), and whether END came with it. */
  get vxi11Writes(): { text: string; end: boolean }[] {
    const writes: { text: string; end: boolean }[] = []
    for (const bytes of this.sent) {
      for (let at = 0; at + MARK_BYTES <= bytes.length;) {
        const length = bytes.readUInt32BE(at) & 0x7fffffff
        const call = bytes.subarray(at + MARK_BYTES, at + MARK_BYTES + length)
        at += MARK_BYTES + length
        if (call.length < length) break
        const { procedure, args } = decodeCall(call)
        if (procedure !== DEVICE_WRITE) continue
        args.uint()
        args.uint()
        args.uint()
        const end = (args.uint() & END) !== 0
        writes.push({ text: args.opaque(1 << 20).toString('latin1'), end })
      }
    }
    return writes
  }

  /** Cuts every connection, as a cable does that is pulled. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await this.#close()
  }
}
