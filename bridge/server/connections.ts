import type { Socket } from 'node:net'
import { networkOf, plainAddress } from '../core/network.ts'
import { isLoopback } from '../core/loopback.ts'

/** How many connections there may be, and for how long one of a stranger may do nothing. */
export interface ConnectionLimits {
  /** Of all. */
  most: number
  /** Of those on which nobody has shown who they are, a proxy's apart. */
  mostUnknown: number
  /** Of the unknown ones, those from addresses at which nobody has signed in: the rest are kept for the others. */
  mostOfStrangers: number
  /** Of unknown ones from one address of a stranger. */
  mostPerStranger: number
  /** Of unknown ones from one address that is this machine's, or at which somebody has signed in. */
  mostPerKnown: number
  /** How long a stranger's connection may be idle, before its first request too. */
  idleMs: number
  /** How long a stranger's request may take, body and answer included. */
  requestMs: number
}

const LIMITS: ConnectionLimits = {
  most: 2000,
  mostUnknown: 1000,
  mostOfStrangers: 750,
  mostPerStranger: 64,
  mostPerKnown: 512,
  idleMs: 5000,
  requestMs: 30_000,
}
const SWEEP_MS = 1000

type Kind = 'stranger' | 'known' | 'proxy'

interface Held {
  socket: Socket
  /** A socket that is closed does not tell its address any more. */
  key: string
  network: string
  kind: Kind
  /** Somebody has shown who they are on it. */
  identified: boolean
  /** Requests that are being answered. */
  busy: number
  /** Since when it is idle, or busy. */
  since: number
}

interface ConnectionsOptions {
  /** Whether somebody has lately signed in from there. */
  isKnown: (address: string) => boolean
  /** Whether a proxy of the bench's own has this address: everybody comes from it. */
  isProxy: (address: string) => boolean
  /** Hears of a connection for which there was no place. */
  refused: (address: string) => void
  limits?: Partial<ConnectionLimits>
  now?: () => number
}

/**
 * Places for connections, given when they are accepted, before TLS and HTTP cost anything. When they are used up, the
 * oldest idle connection of a stranger gives way: so a person always gets in, since theirs is younger than any that
 * strangers leave open. One that is identified never gives way.
 */
export class Connections implements Disposable {
  readonly #options: ConnectionsOptions
  readonly #limits: ConnectionLimits
  readonly #now: () => number
  readonly #all = new Map<string, Held>()
  /** Unknown connections by network. */
  readonly #networks = new Map<string, { count: number; idle: Set<Held> }>()
  /** Idle unknown connections, longest idle first, by who may be sent away for whom. */
  readonly #idle = { stranger: new Set<Held>(), known: new Set<Held>() }
  readonly #busy = new Set<Held>()
  readonly #unknown = { stranger: 0, known: 0 }
  readonly #timer: NodeJS.Timeout

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#now = options.now ?? performance.now.bind(performance)
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS)
    this.#timer.unref()
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size
  }

  /** Gives a place to a connection that has been accepted, or ends it. */
  accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '')
    const kind = this.#kindOf(address)
    const held: Held = {
      ...{ socket, key: keyOf(socket), network: networkOf(address), kind },
      ...{ identified: false, busy: 0, since: this.#now() },
    }
    if (!this.#makePlace(held)) {
      socket.destroy()
      this.#options.refused(address)
      return
    }
    this.#all.set(held.key, held)
    this.#enter(held)
    socket.once('close', () => {
      this.#leave(held)
      if (this.#all.get(held.key) === held) this.#all.delete(held.key)
    })
  }

  /** A request on it is being answered, until `ended`. */
  began(socket: Socket): void {
    const held = this.#all.get(keyOf(socket))
    if (!held) return
    this.#leave(held)
    held.busy += 1
    this.#enter(held)
  }

  ended(socket: Socket): void {
    const held = this.#all.get(keyOf(socket))
    if (!held || held.busy === 0) return
    this.#leave(held)
    held.busy -= 1
    this.#enter(held)
  }

  /** Somebody has shown on it who they are. */
  identified(socket: Socket): void {
    const held = this.#all.get(keyOf(socket))
    if (!held || held.identified) return
    this.#leave(held)
    held.identified = true
  }

  /** Ends what strangers keep open and do nothing with. */
  sweep(): void {
    const { idleMs, requestMs } = this.#limits
    const now = this.#now()
    for (const [set, most] of [
      [this.#idle.stranger, idleMs],
      [this.#idle.known, idleMs],
      [this.#busy, requestMs],
    ] as const) {
      for (const held of set) {
        // In the order in which they came in.
        if (now - held.since < most) break
        this.#end(held)
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #kindOf(address: string): Kind {
    if (this.#options.isProxy(address)) return 'proxy'
    return isLoopback(address) || this.#options.isKnown(address) ? 'known' : 'stranger'
  }

  /** Whether there is a place, after somebody idle has given way where that is needed. */
  #makePlace({ network, kind }: Held): boolean {
    const { most, mostUnknown, mostOfStrangers, mostPerStranger, mostPerKnown } = this.#limits
    const { stranger, known } = this.#idle
    if (kind !== 'proxy') {
      const here = this.#networks.get(network)
      const mostHere = kind === 'known' ? mostPerKnown : mostPerStranger
      if (here && here.count >= mostHere && !this.#endFirst(here.idle)) return false
      if (kind === 'stranger' && this.#unknown.stranger >= mostOfStrangers && !this.#endFirst(stranger))
        return false
      if (this.#unknown.stranger + this.#unknown.known >= mostUnknown) {
        // Strangers give way first, and nobody gives way to a stranger but another.
        if (!this.#endFirst(stranger) && !(kind === 'known' && this.#endFirst(known))) return false
      }
    }
    return this.#all.size < most || this.#endFirst(stranger) || (kind !== 'stranger' && this.#endFirst(known))
  }

  #endFirst(idle: Set<Held>): boolean {
    const [first] = idle
    if (!first) return false
    this.#end(first)
    return true
  }

  #end(held: Held): void {
    this.#leave(held)
    // Its place is free at once: 'close' comes later.
    this.#all.delete(held.key)
    held.socket.destroy()
  }

  #enter(held: Held): void {
    if (held.identified || held.kind === 'proxy') return
    held.since = this.#now()
    this.#unknown[held.kind] += 1
    const here = this.#networks.get(held.network) ?? { count: 0, idle: new Set() }
    this.#networks.set(held.network, here)
    here.count += 1
    if (held.busy > 0) this.#busy.add(held)
    else {
      here.idle.add(held)
      this.#idle[held.kind].add(held)
    }
  }

  #leave(held: Held): void {
    if (held.identified || held.kind === 'proxy') return
    const here = this.#networks.get(held.network)
    // One that has left already, to give way, is in neither.
    const isIn = here && (this.#busy.delete(held) || here.idle.delete(held))
    if (!isIn) return
    this.#idle[held.kind].delete(held)
    this.#unknown[held.kind] -= 1
    here.count -= 1
    if (here.count === 0) this.#networks.delete(held.network)
  }
}

/** A connection under TLS is another object with the same ends. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`
}
