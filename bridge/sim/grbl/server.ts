import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Controller } from './controller.ts'

/** Listens for the one client that a serial line has, as ser2net and its like do; port 0 takes any that is free. */
export async function serve(
  machine: Controller,
  { host, port, resetOnConnect }: { host: string; port: number; resetOnConnect: boolean },
): Promise<AsyncDisposable & { host: string; port: number }> {
  let current: Socket | undefined
  const take = (socket: Socket): void => {
    current = socket
    socket.setNoDelay(true)
    machine.client = { say: (text) => socket.write(text), drop: () => socket.destroy() }
    socket.on('data', (bytes: Buffer) => machine.receive(bytes))
    socket.once('close', () => {
      if (current !== socket) return
      current = undefined
      machine.client = undefined
    })
    // Opening the port of an Arduino resets it.
    if (resetOnConnect) machine.powerCycle()
  }
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    // A client that closes and comes straight back may be seen to come before it is seen to leave.
    setImmediate(() => {
      if (current && !current.destroyed && !current.readableEnded) socket.destroy()
      else take(socket)
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    host: address.address,
    port: address.port,
    async [Symbol.asyncDispose]() {
      machine[Symbol.dispose]()
      server.close()
      current?.destroy()
      await once(server, 'close')
    },
  }
}
