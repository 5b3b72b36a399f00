import type { Socket } from 'socket.io'
import type { ClientEvents, ServerEvents } from '../../shared/commands.ts'

/** Ends a connection over which more than `most` messages of any kind come within a second. */
export function limitMessages(socket: Socket<ClientEvents, ServerEvents>, most: number): void {
  let second = 0
  let messages = 0
  socket.use((_, next) => {
    const now = Math.floor(performance.now() / 1000)
    messages = now === second ? messages + 1 : 1
    second = now
    if (messages > most) socket.disconnect(true)
    else next()
  })
}
