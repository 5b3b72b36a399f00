import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { worldLine } from '../../../../shared/turret/world.ts'
import { CameraAbsent } from '../../frame/capture.ts'

const CONNECT_MS = 3000
/** As much as a picture looks back at. */
const KEPT = 60

/** How the turret stood: seconds of process.hrtime, machine mm, power from 0 to 1. */
export interface Stand {
  seconds: number
  mm: readonly [number, number]
  power: number
}

/** What the simulated turret says of itself, over its socket. */
export class World implements Disposable {
  readonly #socket: Socket
  readonly #stands: Stand[] = []
  /** Rejects when it says nothing more. */
  readonly lost: Promise<never>

  private constructor(socket: Socket, name: string) {
    this.#socket = socket
    this.lost = once(socket, 'close').then(() => {
      throw new CameraAbsent(`the simulated turret at ${name} has gone`)
    })
    this.lost.catch(() => {})
    createInterface(socket)
      .on('line', (line) => {
        const { ns, mm, power } = worldLine.parse(JSON.parse(line))
        this.#stands.push({ seconds: Number(BigInt(ns) / 1000n) / 1e6, mm, power })
        if (this.#stands.length > KEPT) this.#stands.shift()
      })
      .on('error', () => {})
  }

  /** Connects to `host:port` and waits for its first word. Throws CameraAbsent. */
  static async open(address: string): Promise<World> {
    const [host = '', port] = address.split(':')
    const socket = connect({ host, port: Number(port) })
    try {
      const world = new World(socket, address)
      await once(socket, 'data', { signal: AbortSignal.timeout(CONNECT_MS) })
      socket.on('error', () => {})
      return world
    } catch (cause) {
      socket.destroy()
      throw new CameraAbsent(
        `there is no simulated turret at ${address} (start simulators/grbl with --world ${port})`,
        { cause },
      )
    }
  }

  /** Machine mm at a time; the newest known when it is later. */
  at(seconds: number): readonly [number, number] {
    const stands = this.#stands
    const later = stands.findIndex((stand) => stand.seconds >= seconds)
    const [before, after] = later > 0 ? [stands[later - 1]!, stands[later]!] : [stands.at(-1), stands.at(-1)]
    if (!before || !after) return [0, 0]
    const span = after.seconds - before.seconds
    const share = span === 0 ? 0 : (seconds - before.seconds) / span
    return [
      before.mm[0] + (after.mm[0] - before.mm[0]) * share,
      before.mm[1] + (after.mm[1] - before.mm[1]) * share,
    ]
  }

  /** Mean power of the light between two times. */
  power(from: number, to: number): number {
    let sum = 0
    for (const [i, { seconds, power }] of this.#stands.entries()) {
      const until = this.#stands[i + 1]?.seconds ?? Infinity
      sum += power * Math.max(0, Math.min(to, until) - Math.max(from, seconds))
    }
    return sum / (to - from)
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}
