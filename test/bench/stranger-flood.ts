import { connect, type Socket } from 'node:net'

/** What this program is to do, as strangers from one address of loopback; it has no session and no token. */
export interface Strangers {
  port: number
  address: string
  /** Open connections and do nothing; call commands; send bodies of 100 MB. */
  what: 'idle' | 'calls' | 'bodies'
  connections: number
}

/** What came of it. */
export interface StrangersDid {
  opened: number
  refused: number
  open: number
}

/** Nothing here goes on for longer, or does more, than this. */
const LONGEST_MS = 60_000
const MOST_OPENED = 200_000
const MOST_REQUESTS = 1_000_000
/** An idle connection that was closed is opened again after so long, or up to twice as long. */
const REOPEN_IDLE_MS = 5000
const BODY_BYTES = 100 * 2 ** 20
const CHUNK = Buffer.alloc(64 * 1024, 'x')

const did: StrangersDid = { opened: 0, refused: 0, open: 0 }
let asked = 0
let isOver = false

function open({ port, address, what }: Strangers): void {
  if (isOver || did.opened >= MOST_OPENED) return
  did.opened += 1
  did.open += 1
  const socket = connect({ host: '127.0.0.1', port, localAddress: address })
  socket.on('error', () => {})
  socket.once('close', () => {
    did.open -= 1
    const afterMs = what === 'idle' ? REOPEN_IDLE_MS * (1 + Math.random()) : 0
    setTimeout(() => open({ port, address, what, connections: 1 }), afterMs)
  })
  socket.on('data', (part: Buffer) => {
    if (!/^HTTP\/1.1 4\d\d /.test(part.toString('latin1', 0, 13))) return
    did.refused += 1
    if (what === 'calls') call(socket, port)
  })
  if (what === 'calls') call(socket, port)
  else if (what === 'bodies') sendBody(socket, port)
}

function call(socket: Socket, port: number): void {
  asked += 1
  if (isOver || asked > MOST_REQUESTS) socket.destroy()
  else socket.write(headers(port, 'camera.set', 2) + '{}')
}

function sendBody(socket: Socket, port: number): void {
  socket.write(headers(port, 'camera.set', BODY_BYTES))
  const send = (): void => {
    while (!socket.destroyed && socket.write(CHUNK));
  }
  socket.on('drain', send)
  send()
}

function headers(port: number, command: string, bytes: number): string {
  return (
    `POST /api/commands/${command} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`
  )
}

process.on('message', (told: Strangers[] | 'report') => {
  if (told === 'report') process.send?.(did)
  else for (const each of told) for (let i = 0; i < each.connections; i++) open(each)
})
setTimeout(() => process.exit(), LONGEST_MS)
process.once('disconnect', () => process.exit())
process.once('exit', () => (isOver = true))
