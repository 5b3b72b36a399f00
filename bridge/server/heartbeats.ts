import type { Socket } from 'socket.io'
import type { ClientEvents, ServerEvents } from '../../shared/commands.ts'
import { HEARTBEAT_PURPOSE } from '../../shared/control/control.ts'
import { BenchError, type Result } from '../../shared/wire/errors.ts'

type BenchSocket = Socket<ClientEvents, ServerEvents>

/** Does one `lease.beat` of the page that a connection beats for. */
export type Beat = (input: unknown) => Promise<Result<unknown>>

/** Whether a connection is for the heartbeat of a page, and not a page's own. */
export function isHeartbeat(socket: BenchSocket): boolean {
  return (socket.handshake.auth as { purpose?: unknown }).purpose === HEARTBEAT_PURPOSE
}

/**
 * The connections that carry heartbeats: beside a page's own, one for each page at most, and none without it. So they
 * take no place of a page where places are counted, and there are never more of them than pages.
 */
export class Heartbeats {
  /** How many connections of its own each page has: one, two for a moment while it reconnects. */
  readonly #pages = new Map<string, number>()
  readonly #beats = new Map<string, BenchSocket>()

  /** How many there are. */
  get size(): number {
    return this.#beats.size
  }

  pageConnected(client: string): void {
    this.#pages.set(client, (this.#pages.get(client) ?? 0) + 1)
  }

  /** With the page's last connection its heartbeat ends: a page that cannot be told anything vouches for nothing. */
  pageDisconnected(client: string): void {
    const left = (this.#pages.get(client) ?? 1) - 1
    if (left > 0) {
      this.#pages.set(client, left)
      return
    }
    this.#pages.delete(client)
    this.#beats.get(client)?.disconnect(true)
  }

  /** Throws `connection.lost` for the heartbeat of a page that is not connected. */
  require(client: string): void {
    if (this.#pages.has(client)) return
    throw new BenchError(
      'connection.lost',
      'a heartbeat goes beside the connection of its page: there is none',
    )
  }

  /** Takes beats from a connection, and no other command. A newer one of the same page takes its place. */
  serve(socket: BenchSocket, client: string, beat: Beat): void {
    // It may have gone while this one was let in.
    if (!this.#pages.has(client)) {
      socket.disconnect(true)
      return
    }
    const before = this.#beats.get(client)
    this.#beats.set(client, socket)
    before?.disconnect(true)
    socket.onAny((name: string, ...args: unknown[]) => {
      const answer = args.at(-1)
      const reply = typeof answer === 'function' ? (answer as (result: unknown) => void) : undefined
      if (name === 'lease.beat') void beat(args[0]).then((result) => reply?.(result))
      else reply?.({ ok: false, error: onlyBeats(name).toFailure() })
    })
    socket.on('disconnect', () => {
      if (this.#beats.get(client) === socket) this.#beats.delete(client)
    })
  }
}

function onlyBeats(name: string): BenchError {
  const message = `this connection is for lease.beat alone: ${name.slice(0, 80)} goes over the page's own`
  return new BenchError('input.invalid', message)
}
