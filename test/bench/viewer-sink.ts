import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** What has come to one viewer's port: packets, and how many the numbers say there were. */
class Port {
  readonly socket: Socket
  received = 0
  #first: number | undefined
  #extended = 0

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('message', (packet) => this.#take(packet))
  }

  static async open(): Promise<Port> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }).bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new Port(socket)
  }

  get sent(): number {
    return this.#first === undefined ? 0 : this.#extended - this.#first + 1
  }

  begin(): void {
    this.received = 0
    this.#first = undefined
  }

  #take(packet: Buffer): void {
    // RTCP comes to the same port (RFC 5761 section 4).
    if (packet.length < 12 || (packet[1]! >= 192 && packet[1]! <= 223)) return
    const sequence = packet.readUInt16BE(2)
    if (this.#first === undefined) this.#first = this.#extended = sequence
    else this.#extended += ((sequence - this.#extended) << 16) >> 16
    this.received += 1
  }
}

// The viewers of the measurement `viewers`, in a process of their own: what they cost is not the SFU's.
const ports: Port[] = []

process.on('message', (ask: 'open' | 'begin' | 'end') => {
  void answer(ask).then((value) => process.send?.(value))
})
process.on('disconnect', () => process.exit(0))

async function answer(ask: 'open' | 'begin' | 'end'): Promise<unknown> {
  if (ask === 'open') {
    const port = await Port.open()
    ports.push(port)
    return port.socket.address().port
  }
  if (ask === 'begin') {
    for (const port of ports) port.begin()
    return true
  }
  const sum = (of: (port: Port) => number): number => ports.reduce((all, port) => all + of(port), 0)
  return { received: sum((port) => port.received), sent: sum((port) => port.sent) }
}
