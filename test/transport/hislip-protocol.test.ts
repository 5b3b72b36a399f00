import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { hislipTransport } from '../../bridge/transport/hislip/transport.ts'
import type { Transport } from '../../bridge/transport/transport.ts'
import { Collector } from '../support/receiver.ts'

const never = new AbortController().signal
const FIRST_ID = 0xffffff00

/** Type, control code, message parameter and payload, as they cross the wire. */
type Sent = [type: number, control: number, parameter: number, payload: string]

/** A server that answers what opens a session, and otherwise says what the test says. */
class Peer implements AsyncDisposable {
  readonly sent: Sent[] = []
  readonly #server: Server
  readonly #sockets: Socket[] = []

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async open(): Promise<{ peer: Peer; transport: Transport; heard: Collector } & AsyncDisposable> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const peer = new Peer(server)
    const heard = new Collector()
    const { port } = server.address() as AddressInfo
    const transport = await hislipTransport('127.0.0.1', port, 'hislip0')(heard, never)
    return { peer, transport, heard, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() }
  }

  sync(type: number, control = 0, parameter = 0, payload = ''): void {
    send(this.#sockets[0], type, control, parameter, payload)
  }

  async(type: number, control = 0, parameter = 0, payload = ''): void {
    send(this.#sockets[1], type, control, parameter, payload)
  }

  /** What was sent after the session was opened. */
  get after(): Sent[] {
    return this.sent.slice(3)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.push(socket.setNoDelay(true))
    socket.on('error', () => {})
    let rest = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 16) {
        const end = 16 + Number(rest.readBigUInt64BE(8))
        if (rest.length < end) return
        const [type = 0, control = 0] = rest.subarray(2, 4)
        this.sent.push([type, control, rest.readUInt32BE(4), rest.toString('latin1', 16, end)])
        if (type === 0) send(socket, 1, 0, 0x0100_0007, '')
        if (type === 17) send(socket, 18, 0, 0, '')
        if (type === 15) send(socket, 16, 0, 0, '\0\0\0\0\0\0\0\x08')
        rest = rest.subarray(end)
      }
    })
  }
}

function send(
  socket: Socket | undefined,
  type: number,
  control: number,
  parameter: number,
  payload: string,
): void {
  const bytes = Buffer.alloc(16 + payload.length)
  bytes.write('HS', 0)
  bytes.set([type, control], 2)
  bytes.writeUInt32BE(parameter, 4)
  bytes.writeBigUInt64BE(BigInt(payload.length), 8)
  bytes.write(payload, 16, 'latin1')
  socket?.write(bytes)
}

function ask(transport: Transport, text: string): void {
  transport.write(text)
  transport.expectAnswer?.()
}

it('opens a session: version and sub-address, the session’s number, how long a message may be', async () => {
  await using session = await Peer.open()
  expect(session.peer.sent).toEqual([
    [0, 0, 0x0200_4c42, 'hislip0'],
    [17, 0, 7, ''],
    [15, 0, 0, '\0\0\0\0\x10\0\0\0'],
  ])
})

it('numbers messages from 0xFFFFFF00 in steps of two, in pieces as long as the server takes', async () => {
  await using session = await Peer.open()
  session.transport.write('0123456789\n')
  session.transport.write('A\n')
  await expect
    .poll(() => session.peer.after)
    .toEqual([
      [6, 0, FIRST_ID, '01234567'],
      [7, 0, FIRST_ID + 2, '89\n'],
      [7, 0, FIRST_ID + 4, 'A\n'],
    ])
})

it('says once that an answer’s end was delivered, with whatever is sent next', async () => {
  await using session = await Peer.open()
  const { peer, transport, heard } = session
  ask(transport, 'A?\n')
  await expect.poll(() => peer.after).toHaveLength(1)
  peer.sync(6, 0, FIRST_ID, 'a')
  peer.sync(7, 0, FIRST_ID, 'b\n')
  expect(await heard.answer()).toBe('ab')
  ask(transport, 'B?\n')
  await expect.poll(() => peer.after).toHaveLength(2)
  peer.sync(7, 0, FIRST_ID + 2, 'b\n')
  await heard.answer()
  const status = transport.bus?.readStatusByte(never)
  await expect.poll(() => peer.after).toHaveLength(3)
  peer.async(22, 0x44)
  expect(await status).toBe(0x44)
  transport.write('C\n')
  await expect
    .poll(() => peer.after)
    .toEqual([
      [7, 0, FIRST_ID, 'A?\n'],
      [7, 1, FIRST_ID + 2, 'B?\n'],
      [21, 1, FIRST_ID + 2, ''],
      [7, 0, FIRST_ID + 4, 'C\n'],
    ])
})

it('asks for the status before anything was sent with the number two below the first', async () => {
  await using session = await Peer.open()
  const status = session.transport.bus?.readStatusByte(never)
  await expect.poll(() => session.peer.after).toEqual([[21, 0, FIRST_ID - 2, '']])
  session.peer.async(22, 3)
  expect(await status).toBe(3)
})

it('never takes a status that comes too late for the next one', async () => {
  await using session = await Peer.open()
  const late = session.transport.bus?.readStatusByte(AbortSignal.timeout(20))
  await expect(late).rejects.toMatchObject({ code: 'aborted' })
  const next = session.transport.bus?.readStatusByte(never)
  session.peer.async(22, 1)
  session.peer.async(22, 2)
  expect(await next).toBe(2)
})

it.each([
  ['Interrupted', 'AsyncInterrupted'],
  ['AsyncInterrupted', 'Interrupted'],
] as const)('sends nothing between %s and %s', async (first, second) => {
  await using session = await Peer.open()
  const { peer, transport } = session
  const say = { Interrupted: () => peer.sync(13), AsyncInterrupted: () => peer.async(14) }
  say[first]()
  await sleep(30)
  transport.write('A\n')
  await sleep(30)
  expect(peer.after).toEqual([])
  say[second]()
  await expect.poll(() => peer.after).toEqual([[7, 0, FIRST_ID, 'A\n']])
})

it('clears in the order of the standard, throws away what comes meanwhile, and numbers anew', async () => {
  await using session = await Peer.open()
  const { peer, transport, heard } = session
  ask(transport, 'A?\n')
  const cleared = transport.clear?.(never)
  transport.write('B\n')
  await expect
    .poll(() => peer.after)
    .toEqual([
      [7, 0, FIRST_ID, 'A?\n'],
      [19, 0, 0, ''],
    ])
  peer.sync(7, 0, FIRST_ID, 'late\n')
  await sleep(20)
  peer.async(23, 0)
  await expect.poll(() => peer.after.at(-1)).toEqual([8, 0, 0, ''])
  peer.sync(6, 0, FIRST_ID, 'later')
  peer.sync(9, 0)
  await cleared
  expect([heard.waiting, heard.partial]).toEqual([0, ''])
  ask(transport, 'C?\n')
  await expect
    .poll(() => peer.after.slice(3))
    .toEqual([
      [7, 0, FIRST_ID, 'B\n'],
      [7, 0, FIRST_ID + 2, 'C?\n'],
    ])
  peer.sync(7, 0, FIRST_ID + 2, 'c\n')
  expect(await heard.answer()).toBe('c')
})

it('passes on what the server says of a message it refuses, and goes on', async () => {
  await using session = await Peer.open()
  ask(session.transport, 'A?\n')
  session.peer.sync(3, 4, 0, 'at most 8')
  await expect
    .poll(() => session.heard.failures)
    .toMatchObject([
      { code: 'device.unsupported', message: expect.stringMatching(/too large for it \("at most 8"\)/) },
    ])
  expect(session.heard.lost).toEqual([])
})

it('is lost with what a FatalError says', async () => {
  await using session = await Peer.open()
  session.peer.async(2, 4, 0, 'come back later')
  await expect
    .poll(() => session.heard.lost)
    .toMatchObject([
      { code: 'connection.lost', message: expect.stringMatching(/as many clients .*\("come back later"\)/) },
    ])
})
