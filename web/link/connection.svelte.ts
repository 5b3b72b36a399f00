import { online } from 'svelte/reactivity/window'
import { BenchError, failure } from '../../shared/wire/errors.ts'
import { call } from './call.ts'
import { bridgeClock, pageNow } from './clock.ts'
import { socket } from './socket.ts'
import { tickingNow } from './ticker.svelte.ts'
import { compareRevisions, followedRevisions } from './topic.svelte.ts'
import type { Me } from './why-not.ts'

const RETRY_DELAYS_MS = [500, 1000, 2000]
const ATTEMPT_DEADLINE_MS = 4000
const OFFLINE_AFTER_MS = 30_000
const HELLO_EVERY_MS = 5000
const HELLO_DEADLINE_MS = 3000
/** The clock wants several round trips at once, or the first ages shown are off by a slow first answer. */
const FIRST_HELLOS = 3

export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'signed-out'

/** Whether this page talks to the bridge, and if not, since when and what happens next. */
class Connection {
  #up = $state(false)
  /** The bridge is there, and asks who this is: trying again would get the same answer. */
  #signedOut = $state(false)
  #failures = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #attempt: ReturnType<typeof setTimeout> | undefined
  #beat: ReturnType<typeof setInterval> | undefined

  /** Rises with every connection made; 0 before the first. */
  session = $state(0)
  /** Whom the bridge takes this page for; undefined until it has said so. */
  me = $state.raw<Me>()
  /** When the bridge was last lost, by this machine's clock; the page's opening before the first connection. */
  lostAt = $state(Date.now())
  /** When the next attempt begins; undefined while one is under way. */
  nextAttemptAt = $state<number>()

  state: ConnectionState = $derived.by(() => {
    if (this.#up) return 'connected'
    if (this.#signedOut) return 'signed-out'
    if (online.current === false || tickingNow() - this.lostAt > OFFLINE_AFTER_MS) return 'offline'
    return this.session === 0 ? 'connecting' : 'reconnecting'
  })

  /** The session while there is one. */
  live: number | undefined = $derived(this.#up ? this.session : undefined)

  /** Whole seconds to the next attempt; 0 while one is under way. */
  secondsToNextAttempt: number = $derived(
    this.nextAttemptAt === undefined ? 0 : Math.max(0, Math.ceil((this.nextAttemptAt - tickingNow()) / 1000)),
  )

  /** Connects, and keeps at it for as long as the page lives. */
  start(): void {
    socket.on('connect', () => this.#connected())
    socket.on('disconnect', () => this.#lost())
    socket.on('connect_error', (error) => {
      if (failure.safeParse('data' in error ? error.data : undefined).data?.code === 'session.required')
        this.#refused()
      else this.#failed()
    })
    window.addEventListener('online', () => this.tryNow())
    // Timers sleep with the tab: on waking, ask instead of waiting for them.
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') return
      if (this.#up) void this.#hello()
      // Another page of this browser may have signed in for both.
      else if (this.#signedOut) this.#try()
      else this.tryNow()
    })
    this.#try()
  }

  /** Does not wait for the countdown. */
  tryNow(): void {
    if (this.nextAttemptAt !== undefined) this.#try()
  }

  /** Connects anew: this browser has become somebody else. */
  renew(): void {
    this.me = undefined
    this.#up = false
    this.#signedOut = false
    this.lostAt = Date.now()
    socket.disconnect()
    this.#failures = 0
    this.#try()
  }

  #try(): void {
    clearTimeout(this.#attempt)
    clearTimeout(this.#retry)
    this.nextAttemptAt = undefined
    this.#attempt = setTimeout(() => this.#failed(), ATTEMPT_DEADLINE_MS)
    socket.connect()
  }

  #refused(): void {
    clearTimeout(this.#attempt)
    clearTimeout(this.#retry)
    socket.disconnect()
    this.me = undefined
    this.nextAttemptAt = undefined
    this.#signedOut = true
  }

  #failed(): void {
    clearTimeout(this.#attempt)
    clearTimeout(this.#retry)
    socket.disconnect()
    const delay = RETRY_DELAYS_MS[Math.min(this.#failures, RETRY_DELAYS_MS.length - 1)] ?? 0
    this.#failures += 1
    this.nextAttemptAt = Date.now() + delay
    this.#retry = setTimeout(() => this.#try(), delay)
  }

  #connected(): void {
    clearTimeout(this.#attempt)
    clearTimeout(this.#retry)
    this.nextAttemptAt = undefined
    this.#failures = 0
    this.#up = true
    this.#signedOut = false
    this.session += 1
    bridgeClock.reset()
    clearInterval(this.#beat)
    this.#beat = setInterval(() => void this.#hello(), HELLO_EVERY_MS)
    void this.#greet()
  }

  #lost(): void {
    clearInterval(this.#beat)
    if (!this.#up) return
    this.#up = false
    this.lostAt = Date.now()
    this.#failed()
  }

  async #greet(): Promise<void> {
    for (let i = 0; i < FIRST_HELLOS; i++) await this.#hello()
  }

  async #hello(): Promise<void> {
    const session = this.session
    const sentAt = pageNow()
    try {
      const revisions = followedRevisions()
      const answer = await call('session.hello', { topics: revisions }, { deadlineMs: HELLO_DEADLINE_MS })
      if (session !== this.session) return
      const { topics = {}, ...me } = answer
      compareRevisions(revisions, topics)
      bridgeClock.note(sentAt, pageNow(), me.now)
      this.me = me
    } catch (error) {
      // A bridge that answers with an error is alive; one that says nothing is not, whatever TCP believes.
      const silent = error instanceof BenchError && error.code === 'device.timeout'
      if (silent && session === this.session) socket.disconnect()
    }
  }
}

/** This page's connection to the bridge. */
export const connection = new Connection()
