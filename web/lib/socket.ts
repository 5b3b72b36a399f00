import { io, type Socket } from 'socket.io-client'
import type { ClientEvents, ServerEvents } from '../../shared/commands.ts'

/**
 * The page's one connection to the bridge. It never reconnects by itself: `connection` decides when, so that the
 * countdown people see is the truth.
 */
export const socket: Socket<ServerEvents, ClientEvents> = io({
  autoConnect: false,
  reconnection: false,
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
})
