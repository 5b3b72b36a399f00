import { io, type Socket } from 'socket.io-client'
import type { ClientEvents, ServerEvents } from '../../shared/commands.ts'
import { BEAT_LOST_MS, HEARTBEAT_PURPOSE } from '../../shared/control/control.ts'
import { Heartbeat } from './heartbeat.ts'
import type { FromHeartbeat, ToHeartbeat } from './heartbeat-messages.ts'
import type { PageLink } from './socket.ts'

/** A connection that is lost is tried again so soon: light lasts 500 ms without it. */
const RETRY_MS = 200
const CONNECT_MS = 3000

// A connection of its own: what the page's socket has to carry, and a main thread that is busy, hold up no beat.
const page = globalThis as unknown as {
  postMessage(message: FromHeartbeat): void
  onmessage: (event: MessageEvent<ToHeartbeat>) => void
}
let socket: Socket<ServerEvents, ClientEvents> | undefined

const heartbeat = new Heartbeat({
  ask: (question) => page.postMessage({ question }),
  // Volatile, and forgotten when it is not answered: beats that waited for a stalled link would arrive in a bunch and
  // vouch for a person who may long be gone.
  beat: (active, heard) => {
    if (!socket?.connected) return
    socket.volatile.timeout(BEAT_LOST_MS).emit('lease.beat', { active }, (error: Error | null, result) => {
      if (!error && result.ok) heard()
    })
  },
})

page.onmessage = ({ data }) => {
  if (data.type === 'answer') heartbeat.answered(data)
  else if (data.type === 'hidden') heartbeat.hide()
  else {
    socket?.disconnect()
    socket = undefined
    heartbeat.stop()
    if (data.type === 'hold') {
      socket = connect(data.link)
      heartbeat.start(data.touches)
    }
  }
}

function connect({ url, path, page: name, token }: PageLink): Socket<ServerEvents, ClientEvents> {
  const made: Socket<ServerEvents, ClientEvents> = io(url, {
    path,
    auth: { page: name, token, purpose: HEARTBEAT_PURPOSE },
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: RETRY_MS,
    reconnectionDelayMax: RETRY_MS,
    timeout: CONNECT_MS,
  })
  const again = (): void => void setTimeout(() => socket === made && made.connect(), RETRY_MS)
  // Socket.IO does not come back by itself where the bridge has ended the connection, or has refused it.
  made.on('connect_error', () => {
    if (!made.active) again()
  })
  made.on('disconnect', (reason) => {
    if (reason === 'io server disconnect') again()
  })
  return made
}
