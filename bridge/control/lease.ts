import { type ControlState, LEASE_IDLE_MS, LEASE_LOST_MS } from '../../shared/control/control.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { publicRefOf } from '../core/client-ref.ts'
import type { Caller, Handlers } from '../device/device.ts'
import type { Topic } from '../core/topic.ts'
import { Heartbeat } from './heartbeat.ts'

/** The end is shown when it is nearer than this: a state that counted down all the time would never be silent. */
const WARN_MS = 30_000
/** So often it is asked whether the holder may hold it still: light is to end within 100 ms of a role that is taken away. */
const VERIFY_MS = 50

/** What happens when the one who answered for the bench no longer does. */
export interface LeaseEvents {
  /** The lease has ended, with the reason in words. */
  ended(holder: string, why: string): void
  /** The lease is held, but its holder's heartbeat has stopped. */
  silent(holder: string): void
  /** The holder has sent a beat; false once there is none any more, after what follows from that was done. */
  beats(beats: boolean): void
  /** The lease is held for a moment still, but its holder's last connection is lost. */
  lost(holder: string): void
}

interface Holder {
  client: string
  name: string
  activeAt: number
}

/**
 * The right to act, held by one page or script at a time. It lapses when nothing is done for 60 s, and 2 s after the
 * holder's last connection is lost; a holder that has no connection that stays, a script over REST, only by idleness.
 */
export class Lease implements Disposable {
  readonly #topic: Topic<ControlState>
  readonly #events: LeaseEvents
  readonly #heartbeat: Heartbeat
  /** Connections by client: a page has one, two for a moment while it reconnects. */
  readonly #connections = new Map<string, number>()
  readonly #mayHold: (caller: Caller) => boolean
  /** Those in `asks`, by their public reference. */
  readonly #askers = new Map<string, Caller>()
  #holder: Holder | undefined
  #lostAt: number | undefined
  #timer: NodeJS.Timeout | undefined
  #verifying: NodeJS.Timeout | undefined

  /** `mayHold`: whether somebody is known still, and in a role that acts; whoever has changed that, this program or another. */
  constructor(topic: Topic<ControlState>, events: LeaseEvents, mayHold: (caller: Caller) => boolean) {
    this.#topic = topic
    this.#events = events
    this.#mayHold = mayHold
    this.#heartbeat = new Heartbeat((alive) => this.#beating(alive))
  }

  /** What `permit` has let through: those for the holder come from the holder. */
  handlers: Handlers = {
    'lease.take': (_, caller) => {
      this.#mustBeFreeFor(caller)
      return this.#done(() => this.#grant(caller))
    },
    'lease.ask': (_, caller) => {
      if (this.#holder?.client === caller.client) return this.#done(() => {})
      if (!this.#holder) return this.#done(() => this.#grant(caller))
      return this.#done(() => {
        const ref = publicRefOf(caller.client)
        this.#askers.set(ref, caller)
        this.#topic.merge({ asks: { [ref]: { name: caller.name, since: Date.now() } } })
      })
    },
    'lease.withdraw': (_, caller) => this.#done(() => this.#forget(publicRefOf(caller.client))),
    'lease.give': ({ to }) => {
      const ask = this.#askOf(to)
      return this.#done(() => {
        this.#end(`given to ${ask.name}`)
        this.#grant(ask)
      })
    },
    'lease.decline': ({ to }) => {
      this.#askOf(to)
      return this.#done(() => this.#forget(to))
    },
    'lease.release': () => this.#done(() => this.#end('released')),
    'lease.seize': (_, caller) =>
      this.#done(() => {
        if (this.#holder?.client === caller.client) return
        this.#end(`taken by ${caller.name}`)
        this.#grant(caller)
      }),
    'lease.show': ({ hash }) => this.#done(() => this.#topic.put({ shows: hash })),
    'lease.beat': ({ active }, caller) =>
      this.#done(() => {
        this.#heartbeat.beat()
        this.#events.beats(true)
        if (active) this.active(caller)
      }),
  }

  /** Throws `lease.required` unless this caller holds the lease; says who does. */
  require(caller: Caller): void {
    if (this.#holder?.client === caller.client) return
    const what = this.#holder
      ? `${this.#holder.name} holds the lease: ask for it, and act once it is yours`
      : 'nobody holds the lease: take it first'
    throw new BenchError('lease.required', what)
  }

  /** Throws `lease.required` while the holder's connection is lost: nothing goes on for somebody who is not there. */
  requireConnected(): void {
    if (!this.#holder || this.#lostAt === undefined) return
    throw new BenchError('lease.required', `${this.#holder.name}'s connection is lost`)
  }

  /** Throws `heartbeat.lost` unless the holder's heartbeat comes. */
  requireHeartbeat(): void {
    if (this.#heartbeat.alive) return
    throw new BenchError(
      'heartbeat.lost',
      "the lease's holder sends no heartbeat, and without it nothing may emit: act from the page that holds the lease, or send lease.beat every 250 ms",
    )
  }

  /** The holder has done something: the 60 s begin anew. Others are ignored. */
  active(caller: Caller): void {
    if (this.#holder?.client !== caller.client) return
    this.#holder.activeAt = performance.now()
    if (this.#topic.value.lease?.lapsesAt !== undefined && this.#lostAt === undefined) this.#arm()
  }

  /** A page has connected; one that holds the lease and was lost has come back in time. */
  connected(client: string): void {
    this.#connections.set(client, (this.#connections.get(client) ?? 0) + 1)
    if (this.#holder?.client !== client || this.#lostAt === undefined) return
    this.#lostAt = undefined
    this.#topic.merge({ lease: { connected: true } })
    this.#arm()
  }

  /** A connection of a page has ended. Light does not wait for it to come back. */
  disconnected(client: string): void {
    const left = (this.#connections.get(client) ?? 1) - 1
    if (left > 0) {
      this.#connections.set(client, left)
      return
    }
    this.#connections.delete(client)
    this.#forget(publicRefOf(client))
    if (this.#holder?.client !== client) return
    this.#heartbeat.end()
    this.#lostAt = performance.now()
    this.#topic.merge({ lease: { connected: false } })
    this.#arm()
    this.#events.lost(this.#holder.name)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    clearInterval(this.#verifying)
    this.#heartbeat[Symbol.dispose]()
  }

  #done(change: () => void): Promise<Record<string, never>> {
    change()
    return Promise.resolve({})
  }

  #mustBeFreeFor(caller: Caller): void {
    if (!this.#holder || this.#holder.client === caller.client) return
    throw new BenchError('lease.held', `${this.#holder.name} holds the lease: ask for it with lease.ask`)
  }

  #askOf(ref: string): Caller {
    const ask = this.#askers.get(ref)
    if (ask) return ask
    throw new BenchError('input.invalid', `nobody named ${ref} asks for the lease: they may have gone`)
  }

  #forget(ref: string): void {
    if (this.#askers.delete(ref)) this.#topic.merge({ asks: { [ref]: null } })
  }

  #grant(caller: Caller): void {
    const { client, name } = caller
    if (this.#holder?.client === client) return
    const ref = publicRefOf(client)
    this.#forget(ref)
    this.#holder = { client, name, activeAt: performance.now() }
    this.#lostAt = undefined
    const lease = {
      client: ref,
      name,
      since: Date.now(),
      connected: this.#connections.has(client),
      beating: false,
    }
    this.#topic.put({ lease })
    this.#verifying = setInterval(() => {
      if (!this.#mayHold(caller)) this.#end('its holder may not act any more')
    }, VERIFY_MS)
    this.#arm()
  }

  #end(why: string): void {
    const holder = this.#holder
    if (!holder) return
    clearTimeout(this.#timer)
    clearInterval(this.#verifying)
    this.#holder = undefined
    this.#lostAt = undefined
    this.#heartbeat.end()
    this.#topic.put({ lease: undefined, shows: undefined })
    this.#events.ended(holder.name, why)
    this.#events.beats(false)
  }

  #beating(alive: boolean): void {
    if (this.#holder) {
      this.#topic.merge({ lease: { beating: alive } })
      if (!alive) this.#events.silent(this.#holder.name)
    }
    if (!alive) this.#events.beats(false)
  }

  /** Looks again when the next thing is due: the warning, or the end. */
  #arm(): void {
    clearTimeout(this.#timer)
    const holder = this.#holder
    if (!holder) return
    const idleEnd = holder.activeAt + LEASE_IDLE_MS
    const lostEnd = this.#lostAt === undefined ? Infinity : this.#lostAt + LEASE_LOST_MS
    const leftMs = Math.min(idleEnd, lostEnd) - performance.now()
    if (leftMs <= 0) {
      this.#end(lostEnd < idleEnd ? 'its connection was lost' : 'nothing was done for 60 s')
      return
    }
    const near = leftMs <= WARN_MS
    this.#topic.merge({ lease: { lapsesAt: near ? Math.round(Date.now() + leftMs) : null } })
    this.#timer = setTimeout(() => this.#arm(), near ? leftMs : leftMs - WARN_MS)
  }
}
