import { connect, type Socket } from 'node:net'
import { BenchError } from '../../shared/errors.ts'
import { withDeadline } from '../core/deadline.ts'
import type { OpenTransport, Transport } from './transport.ts'

/** How long a connection may take to be made. */
const CONNECT_MS = 3000
/** An instrument that takes no more than this of what we send is not listening: queries are short. */
const MOST_UNSENT_BYTES = 1 << 20

/** A raw TCP socket to an instrument, as `TCPIP::host::port::SOCKET` names it. */
export function tcpTransport(host: string, port: number): OpenTransport {
  const peer = `${host}:${port}`
  return async (receiver, signal) => {
    let closing = false
    let socket!: Socket
    const connected = new Promise<void>((resolve, reject) => {
      let reason: Error | undefined
      socket = connect({
        host,
        port,
        noDelay: true,
        onread: {
          buffer: () => receiver.space(),
          callback: (count) => {
            if (!closing) receiver.received(count, false)
            return true
          },
        },
      })
      socket.once('connect', resolve)
      socket.on('error', (error) => (reason = error))
      socket.once('close', () => {
        const why = reason ? `: ${reason.message}` : ' by the other end'
        const error = new BenchError('connection.lost', `the connection to ${peer} was closed${why}`, {
          cause: reason,
        })
        reject(error)
        if (!closing) receiver.closed(error)
      })
    })
    const transport: Transport = {
      peer,
      marksEnd: false,
      write(bytes) {
        socket.write(bytes, 'latin1')
        if (socket.writableLength > MOST_UNSENT_BYTES)
          socket.destroy(new Error('it takes nothing of what is sent'))
      },
      close() {
        closing = true
        socket.destroy()
      },
    }
    try {
      await withDeadline(connected, CONNECT_MS, `connecting to ${peer}`, { signal })
    } catch (error) {
      transport.close()
      throw error
    }
    return transport
  }
}
