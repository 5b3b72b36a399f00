import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** A server on loopback that takes what is sent to it. */
export interface Sink extends AsyncDisposable {
  port: number
  /** What has arrived: mails whole, of MQTT the payloads. */
  got: string[]
  /** Everything that was said to it. */
  heard: () => string
  /** Whether it says that it has taken something. */
  confirms: boolean
}

interface MailSinkOptions {
  /** It speaks TLS, with this certificate: after STARTTLS (RFC 3207), or from the start. */
  tls?: { cert: string; key: string; from: 'starttls' | 'start' }
}

/** A mail server that takes every mail (RFC 5321). `heard` is what went over the wire, and not what TLS hides. */
export function openMailSink({ tls }: MailSinkOptions = {}): Promise<Sink> {
  return open((sink, socket) => {
    if (tls?.from !== 'start') return talkSmtp(sink, socket, tls)
    talkSecurely(sink, socket, tls)
    return () => {}
  })
}

function talkSecurely(
  sink: Sink,
  socket: Socket,
  { cert, key }: { cert: string; key: string },
  greets = true,
): void {
  const secure = new TLSSocket(socket, { isServer: true, cert, key })
  secure.on('error', () => socket.destroy())
  secure.on('data', talkSmtp(sink, secure, undefined, greets))
}

function talkSmtp(
  sink: Sink,
  socket: Socket,
  tls: MailSinkOptions['tls'],
  greets = true,
): (part: Buffer) => void {
  let data: string | undefined
  let secure = false
  if (greets) socket.write('220 test\r\n')
  return (part) => {
    const text = part.toString('latin1')
    if (secure) return
    if (data !== undefined) {
      data += text
      if (!data.endsWith('\r\n.\r\n')) return
      sink.got.push(data)
      data = undefined
      socket.write('250 taken\r\n')
    } else if (text.startsWith('DATA')) {
      data = ''
      socket.write('354 go on\r\n')
    } else if (text.startsWith('EHLO') && tls) socket.write('250-test\r\n250 STARTTLS\r\n')
    else if (text.startsWith('STARTTLS')) {
      if (!tls) return void socket.write('502 not here\r\n')
      secure = true
      socket.write('220 go on\r\n')
      talkSecurely(sink, socket, tls, false)
    } else socket.write(text.startsWith('QUIT') ? '221 bye\r\n' : '250 fine\r\n')
  }
}

/** A broker that takes every message and gives none (MQTT 3.1.1 sections 2.2, 3.2 to 3.4); each comes whole in one packet. */
export function openBroker(): Promise<Sink> {
  return open((sink, socket) => (part) => {
    for (let at = 0; at < part.length;) {
      const kind = (part[at] ?? 0) >> 4
      let length = 0
      let shift = 0
      for (let more = true; more; shift += 7) {
        const byte = part[++at] ?? 0
        length |= (byte & 0x7f) << shift
        more = byte >= 0x80
      }
      const body = part.subarray(at + 1, at + 1 + length)
      at += 1 + length
      if (kind === 1) socket.write(Buffer.from([0x20, 2, 0, 0]))
      if (kind !== 3) continue
      const id = 2 + body.readUInt16BE(0)
      if (!sink.confirms) {
        socket.destroy()
        return
      }
      sink.got.push(body.subarray(id + 2).toString())
      socket.write(Buffer.from([0x40, 2, body[id] ?? 0, body[id + 1] ?? 0]))
    }
  })
}

async function open(talk: (sink: Sink, socket: Socket) => (part: Buffer) => void): Promise<Sink> {
  const said: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    const hear = talk(sink, socket)
    socket.on('data', (part: Buffer) => {
      said.push(part)
      hear(part)
    })
  })
  const sink: Sink = {
    port: 0,
    got: [],
    heard: () => Buffer.concat(said).toString(),
    confirms: true,
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  sink.port = (server.address() as AddressInfo).port
  return sink
}
