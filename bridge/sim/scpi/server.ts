import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Lines } from '../ctp10/lines.ts'
import type { Laser } from './laser.ts'

/** Serves the laser to any number of clients; port 0 takes any that is free. */
export async function serve(
  laser: Laser,
  { host, port }: { host: string; port: number },
): Promise<AsyncDisposable & { host: string; port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    const lines = new Lines(() => laser.overrun())
    socket.on('data', (chunk) => {
      for (const line of lines.push(chunk)) {
        const answer = laser.run(line)
        if (answer) socket.write(answer)
      }
    })
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    host: address.address,
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
