import { once } from 'node:events'
import { io, type Socket } from 'socket.io-client'
import type { ClientEvents, CommandName, InputOf, OutputOf, ServerEvents } from '../../shared/commands.ts'
import { type Result, unwrap } from '../../shared/errors.ts'

const CALL_MS = 30_000

/** A program that talks to the bridge as the page does, without a browser. */
export class Client implements Disposable {
  readonly socket: Socket<ServerEvents, ClientEvents>

  private constructor(socket: Socket<ServerEvents, ClientEvents>) {
    this.socket = socket
  }

  static async connect(url: string): Promise<Client> {
    const socket: Socket<ServerEvents, ClientEvents> = io(url, {
      transports: ['websocket'],
      reconnection: false,
    })
    await once(socket as never, 'connect')
    return new Client(socket)
  }

  /** The answer's value; throws the BenchError of a failed one. */
  async call<K extends CommandName>(name: K, input: InputOf<K>): Promise<OutputOf<K>> {
    const result: Result<OutputOf<K>> = await this.socket
      .timeout(CALL_MS)
      .emitWithAck(name, ...([input] as never))
    return unwrap(result)
  }

  [Symbol.dispose](): void {
    this.socket.disconnect()
  }
}
