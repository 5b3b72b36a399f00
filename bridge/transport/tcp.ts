import { TcpStream } from './tcp-stream.ts'
import type { OpenTransport } from './transport.ts'

/** A raw TCP socket to an instrument, as `TCPIP::host::port::SOCKET` names it. */
export function tcpTransport(host: string, port: number): OpenTransport {
  return async (receiver, signal) => {
    const stream = await TcpStream.open(
      host,
      port,
      {
        space: () => receiver.space(),
        received: (count) => receiver.received(count, false),
        closed: (error) => receiver.closed(error),
      },
      signal,
    )
    return {
      peer: stream.peer,
      marksEnd: false,
      write: (bytes) => stream.write(bytes),
      close: () => stream.close(),
    }
  }
}
