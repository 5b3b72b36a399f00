import type { Socket } from 'node:net'
import { WORLD_PERIOD_MS, type WorldLine } from '../../shared/turret/world.ts'
import { listen, type Listening } from '../listen.ts'

/** A listener that has this much unread has stopped listening. */
const MOST_UNREAD = 65_536

export interface World extends Listening {
  /** Says it now: light has changed. */
  tell(): void
}

/** Says 200 times a second, to whoever connects, where the turret truly points and what it emits. */
export async function serveWorld(
  { read, catchUp }: { read: () => Pick<WorldLine, 'mm' | 'power'>; catchUp: () => void },
  { host, port }: { host: string; port: number },
): Promise<World> {
  const listeners = new Set<Socket>()
  let timer: NodeJS.Timeout | undefined
  const tell = (): void => {
    if (listeners.size === 0) return
    const line = `${JSON.stringify({ ns: String(process.hrtime.bigint()), ...read() } satisfies WorldLine)}\n`
    for (const listener of listeners) {
      if (listener.writableLength > MOST_UNREAD) listener.destroy()
      else listener.write(line)
    }
  }
  const server = await listen(host, port, (socket) => {
    socket.resume()
    listeners.add(socket)
    timer ??= setInterval(() => {
      catchUp()
      tell()
    }, WORLD_PERIOD_MS)
    socket.once('close', () => {
      listeners.delete(socket)
      if (listeners.size > 0) return
      clearInterval(timer)
      timer = undefined
    })
  })
  return {
    ...server,
    tell,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await server[Symbol.asyncDispose]()
    },
  }
}
