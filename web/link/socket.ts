import { basePath } from '../../shared/wire/base-path.ts'
import { io, type Socket } from 'socket.io-client'
import type { ClientEvents, ServerEvents } from '../../shared/commands.ts'
import { heldToken } from './credentials.ts'

const PAGE_ID_BYTES = 16

/**
 * This page's own name, which a lease is held by. In memory only: a reload or a second tab is another page, and does
 * not inherit what this one was allowed.
 */
function newPageId(): string {
  // Not crypto.randomUUID, which a page that came over plain HTTP does not have.
  const bytes = crypto.getRandomValues(new Uint8Array(PAGE_ID_BYTES))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const page = newPageId()
const path = `${basePath}/socket.io/`

/** How the bridge knows this page: a worker that connects besides is known as the page that started it. */
export interface PageLink {
  url: string
  path: string
  page: string
  token: string | undefined
}

/** How this page connects to the bridge now. */
export function pageLink(): PageLink {
  return { url: location.origin, path, page, token: heldToken() }
}

/**
 * The page's one connection to the bridge. It never reconnects by itself: `connection` decides when, so that the
 * countdown people see is the truth.
 */
export const socket: Socket<ServerEvents, ClientEvents> = io({
  path,
  autoConnect: false,
  reconnection: false,
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
  auth: (answer) => answer({ page, token: heldToken() }),
})
