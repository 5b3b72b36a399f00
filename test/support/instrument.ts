import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { Session } from '../../bridge/instrument/scpi/session.ts'
import { tcpTransport } from '../../bridge/transport/tcp.ts'

/** A server on a real socket that does with each line what the test says, and how many connections it has seen. */
export async function listen(
  onLine: (line: string, socket: Socket) => void,
): Promise<AsyncDisposable & { port: number; connections: number; lines: string[] }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    instrument.connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    createInterface(socket).on('line', (line) => {
      instrument.lines.push(line)
      onLine(line, socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const instrument = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    lines: [] as string[],
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return instrument
}

/** A session with it; `lost` collects the reasons for which it ended. */
export async function openSession(port: number): Promise<{ session: Session; lost: Error[] }> {
  const lost: Error[] = []
  const session = await Session.open({
    device: 'dut',
    open: tcpTransport('127.0.0.1', port),
    signal: new AbortController().signal,
    lost: (error) => lost.push(error),
  })
  return { session, lost }
}
