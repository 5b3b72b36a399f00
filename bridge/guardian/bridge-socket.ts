import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, connect, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Logger } from '../core/log.ts'
import { fromBridge, type FromBridge, type FromGuardian, line, messages } from './protocol.ts'

/** What a bridge leaves unread of its guardian's beats before its connection counts as broken. */
const MOST_UNREAD_BYTES = 256 * 1024

/** The guardian's end of its connection with the bridge. */
export interface BridgeSocket {
  readonly closed: boolean
  say(message: FromGuardian): void
  close(): void
}

interface Listener {
  heard: (socket: BridgeSocket, message: FromBridge) => void
  left: (socket: BridgeSocket) => void
  log: Logger
}

/** Listens for the bridge in the data folder; the user that owns the folder alone may connect. Rejects when a guardian is there already. */
export async function listenForBridge(path: string, { heard, left, log }: Listener): Promise<Server> {
  if (await answers(path)) throw new Error(`a guardian is at ${path} already: there is one for a data folder`)
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
  const server = createServer((connection) => {
    let closed = false
    const socket: BridgeSocket = {
      get closed() {
        return closed
      },
      say: (message) => {
        // A bridge that is stopped reads nothing: what piles up for it is worth nothing when it goes on.
        if (!closed && connection.writableLength < MOST_UNREAD_BYTES) connection.write(line(message))
      },
      close: () => connection.destroy(),
    }
    connection.setEncoding('utf8')
    connection.on(
      'data',
      messages(
        fromBridge,
        (message) => heard(socket, message),
        (why) => log.error({ why }, 'the bridge says what the guardian does not understand'),
      ) as (chunk: unknown) => void,
    )
    connection.on('error', () => {})
    connection.on('close', () => {
      closed = true
      left(socket)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return server
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe: Socket = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}
