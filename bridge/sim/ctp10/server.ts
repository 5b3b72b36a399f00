import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Connection } from './connection.ts'
import type { Instrument } from './instrument.ts'

/** Listens for the one client that the instrument serves at a time; port 0 takes any that is free. */
export async function serve(
  instrument: Instrument,
  { host, port }: { host: string; port: number },
): Promise<AsyncDisposable & { host: string; port: number }> {
  let current: { connection: Connection; socket: Socket } | undefined
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    // A client that closes and comes straight back may be seen to come before it is seen to leave.
    setImmediate(() => {
      if (current && !current.connection.hasEnded) {
        socket.destroy()
        return
      }
      current?.socket.destroy()
      current = { connection: new Connection(socket, instrument), socket }
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    host: address.address,
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close()
      current?.socket.destroy()
      await once(server, 'close')
    },
  }
}
