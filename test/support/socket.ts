import { once } from 'node:events'
import { io, type Socket } from 'socket.io-client'
import type { ClientEvents, CommandName, InputOf, OutputOf, ServerEvents } from '../../shared/commands.ts'
import { BEAT_MS } from '../../shared/control/control.ts'
import { BenchError, type Failure, type Result, unwrap } from '../../shared/wire/errors.ts'

const CALL_MS = 30_000

/** A program that talks to the bridge as the page does, without a browser. */
export class Client implements Disposable {
  readonly socket: Socket<ServerEvents, ClientEvents>

  private constructor(socket: Socket<ServerEvents, ClientEvents>) {
    this.socket = socket
  }

  /** Connects as the page of whom the headers name, one that has been here before with its `page`. Rejects with the BenchError of a bridge that lets nobody in. */
  static async connect(
    url: string,
    extraHeaders: Record<string, string> = {},
    page?: string,
  ): Promise<Client> {
    const socket: Socket<ServerEvents, ClientEvents> = io(url, {
      transports: ['websocket'],
      reconnection: false,
      extraHeaders,
      ...(page === undefined ? {} : { auth: { page } }),
    })
    const refused = once(socket as never, 'connect_error').then(([error]: (Error & { data?: Failure })[]) => {
      socket.disconnect()
      throw new BenchError(
        error?.data?.code ?? 'connection.lost',
        error?.data?.message ?? error?.message ?? '',
      )
    })
    await Promise.race([once(socket as never, 'connect'), refused])
    return new Client(socket)
  }

  /** The same, with the lease. */
  static async operate(url: string, extraHeaders: Record<string, string> = {}): Promise<Client> {
    const client = await Client.connect(url, extraHeaders)
    await client.call('lease.take', {})
    return client
  }

  /** Beats as the page of the lease's holder does, until disposed of. Resolves with the first beat taken. */
  async beats(): Promise<Disposable> {
    const beat = () => this.ask('lease.beat', { active: true })
    unwrap(await beat())
    const beating = setInterval(() => void beat().catch(() => {}), BEAT_MS)
    return { [Symbol.dispose]: () => clearInterval(beating) }
  }

  /** The answer's value; throws the BenchError of a failed one. */
  async call<K extends CommandName>(name: K, input: InputOf<K>, withinMs = CALL_MS): Promise<OutputOf<K>> {
    return unwrap(await this.ask<OutputOf<K>>(name, input, withinMs))
  }

  /** The answer as it comes, to any input. */
  ask<T>(name: CommandName, input: unknown, withinMs = CALL_MS): Promise<Result<T>> {
    return this.socket.timeout(withinMs).emitWithAck(name, ...([input] as never))
  }

  [Symbol.dispose](): void {
    this.socket.disconnect()
  }
}
