import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A server that listens, until it is disposed of with all its connections. */
export interface Listening extends AsyncDisposable {
  host: string
  port: number
  /** What the program says of it. */
  said: object
}

/** A TCP server with all its connections; port 0 takes any that is free. */
export async function listen(
  host: string,
  port: number,
  serve: (socket: Socket) => void,
): Promise<Listening> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    // A client that is gone is no fault of the instrument's; 'close' follows in any case.
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    serve(socket)
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { address, port: taken } = server.address() as AddressInfo
  return {
    host: address,
    port: taken,
    said: { host: address, port: taken },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** For an instrument that serves one client at a time: others are turned away until it has left. */
export function oneAtATime(serve: (socket: Socket) => void): (socket: Socket) => void {
  let current: Socket | undefined
  return (socket) => {
    // A client that closes and comes straight back may be seen to come before it is seen to leave.
    setImmediate(() => {
      // It has left though the last bytes for it are still to be taken down.
      const isOver = !current || current.destroyed || current.readableEnded
      if (!isOver) {
        socket.destroy()
        return
      }
      current?.destroy()
      current = socket
      serve(socket)
    })
  }
}
