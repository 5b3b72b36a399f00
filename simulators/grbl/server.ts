import type { Socket } from 'node:net'
import { listen, type Listening, oneAtATime } from '../listen.ts'
import type { Controller } from './controller.ts'

/** Listens for the one client that a serial line has, as ser2net and its like do; port 0 takes any that is free. */
export async function serve(
  machine: Controller,
  { host, port, resetOnConnect }: { host: string; port: number; resetOnConnect: boolean },
): Promise<Listening> {
  const take = (socket: Socket): void => {
    const client = { say: (text: string) => void socket.write(text), drop: () => void socket.destroy() }
    machine.client = client
    socket.on('data', (bytes: Buffer) => machine.receive(bytes))
    socket.once('close', () => {
      if (machine.client === client) machine.client = undefined
    })
    // Opening the port of an Arduino resets it.
    if (resetOnConnect) machine.powerCycle()
  }
  const server = await listen(host, port, oneAtATime(take))
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      machine[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}
