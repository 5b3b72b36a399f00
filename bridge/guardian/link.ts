import { connect, type Socket } from 'node:net'
import { GUARDIAN_LOST_MS, type GuardianState, type StopTicket } from '../../shared/guardian/guardian.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { epochMsOf, monotonicMs } from '../core/clock.ts'
import { pause } from '../core/deadline.ts'
import type { Logger } from '../core/log.ts'
import type { SafePlan } from '../core/safe-plan.ts'
import {
  BEAT_MS,
  fromGuardian,
  type FromBridge,
  type FromGuardian,
  type GuardianDeed,
  type GuardianWeb,
  type LastResort,
  line,
  messages,
  type Outcome,
  socketPath,
} from './protocol.ts'
import { signTicket } from './ticket.ts'

const LOOK_MS = 50
const CONNECT_EVERY_MS = 100
/** A bridge that starts waits so long for its guardian, which starts beside it. */
const MEET_MS = 5000
/** A loop that was held up for so long does not know what the guardian has done meanwhile. */
const HELD_UP_MS = 400
const TICKET_MS = 12 * 3_600_000

interface LinkEvents {
  /** Every device is to be made safe before this returns. */
  stop: (by: string, why: string) => void
  /** The guardian has made devices safe by itself. */
  acted: (deed: GuardianDeed) => void
  /** It is silent for 1 s: nobody would end the emission of a dead bridge. */
  lost: () => void
  /** It is there, anew: it is to be told everything. */
  met: () => void
  changed: (state: GuardianState) => void
}

interface LinkOptions {
  dataDir: string
  title: string
  devices: readonly string[]
  web: GuardianWeb
  lastResort: LastResort | undefined
  log: Logger
  signal: AbortSignal
}

/** The bridge's end of the connection with its guardian. */
export class GuardianLink implements Disposable {
  readonly #options: LinkOptions
  readonly #timers: NodeJS.Timeout[] = []
  #events: LinkEvents | undefined
  #socket: Socket | undefined
  #welcome: Extract<FromGuardian, { say: 'welcome' }> | undefined
  #refused: string | undefined
  #waitUntil = 0
  #running = false
  #present = false
  #heardAt = -Infinity
  #lookedAt = performance.now()
  #state: GuardianState = { state: 'lost', since: Date.now() }
  /** Devices that the guardian is still making safe. */
  readonly #kept = new Set<string>()
  readonly #met = Promise.withResolvers<void>()
  #over = false

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /**
   * Meets the guardian and waits for as long as it wants the bridge to wait; without one for 5 s, and then goes on
   * without. Rejects with `guardian.lost` when the guardian refuses to let the bridge start.
   */
  async meet(): Promise<void> {
    this.#connect()
    this.#timers.push(setInterval(() => setImmediate(() => this.#look()), LOOK_MS))
    this.#timers.push(setInterval(() => this.#say({ say: 'beat' }), BEAT_MS))
    const begun = performance.now()
    while (!this.#welcome && !this.#options.signal.aborted) {
      if (this.#refused !== undefined)
        throw new BenchError('guardian.lost', `the guardian does not let the bridge start: ${this.#refused}`)
      const now = performance.now()
      const connected = this.#socket !== undefined && !this.#socket.connecting
      if (now > begun + MEET_MS && now > this.#waitUntil && !connected) return
      await Promise.race([this.#met.promise, pause(CONNECT_EVERY_MS, this.#options.signal)])
    }
  }

  /** From now on calls back. Before it, a stop has nothing to stop. */
  attend(events: LinkEvents): void {
    this.#events = events
    events.changed(this.#state)
    if (this.#welcome) events.met()
  }

  get state(): GuardianState {
    return this.#state
  }

  /** What the guardian did while there was no bridge. */
  get deed(): GuardianDeed | undefined {
    return this.#welcome?.deed
  }

  /** Throws `device.busy` while the guardian has the device. */
  requireFree(device: string): void {
    if (!this.#kept.has(device)) return
    const message = `the guardian is still making ${device} safe: it is opened when that is done`
    throw new BenchError('device.busy', message, { device })
  }

  /** Throws `guardian.lost` where nobody would end the emission of a dead bridge. */
  require(): void {
    const held = performance.now() - this.#lookedAt
    if (held > HELD_UP_MS) {
      const message = `the bridge was held up for ${Math.round(held)} ms, and the guardian may have ended emission: try again`
      throw new BenchError('guardian.lost', message)
    }
    if (this.#present && this.#socket?.writableLength === 0) return
    throw new BenchError(
      'guardian.lost',
      'the guardian is not there, and without it light would stay on if the bridge died: start the bench with npm start, or the bridge with --without-guardian',
    )
  }

  protect(device: string, plan: SafePlan): void {
    this.#say({ say: 'protect', device, plan })
  }

  /** Answers whether it has reached the guardian's socket, where it stays if this process dies in the next instant. */
  may(device: string, { emit, move }: { emit: boolean; move: boolean }): boolean {
    this.#say({ say: 'may', device, emit, move })
    return this.#socket?.writableLength === 0
  }

  /** The lease's holder has sent a beat; false when there is none any more and that is dealt with. */
  holder(beats: boolean): void {
    this.#say({ say: 'holder', beats })
  }

  /** A ticket for the stop on the guardian's port. Throws `guardian.lost` while there is no guardian. */
  ticket(session: string, name: string): StopTicket {
    if (!this.#welcome)
      throw new BenchError('guardian.lost', 'there is no guardian to stop by: use estop.press')
    const key = Buffer.from(this.#welcome.key, 'base64')
    const until = monotonicMs() + TICKET_MS
    return { ticket: signTicket(key, { session, name, until }), expiresAt: Math.round(epochMsOf(until)) }
  }

  /** No ticket of this session or token is good any more. */
  revoke(session: string): void {
    this.#say({ say: 'revoke', session })
  }

  /** The bridge ends by its own fault, and has pressed the stop. */
  crash(why: string): void {
    this.#say({ say: 'crash', why })
  }

  /** Everything is safe, and the bridge ends. */
  [Symbol.dispose](): void {
    if (this.#over) return
    this.#over = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#say({ say: 'goodbye' })
    this.#socket?.end()
    this.#socket?.unref()
  }

  #say(message: FromBridge): void {
    if (this.#socket && (this.#welcome || message.say === 'hello')) this.#socket.write(line(message))
  }

  #connect(): void {
    if (this.#over) return
    const { dataDir, title, devices, web, lastResort } = this.#options
    const socket = connect(socketPath(dataDir))
    socket.setEncoding('utf8')
    socket.on('connect', () => {
      this.#socket = socket
      const hello = { say: 'hello' as const, pid: process.pid, running: this.#running, title }
      socket.write(line({ ...hello, devices: [...devices], web, ...(lastResort && { lastResort }) }))
    })
    socket.on(
      'data',
      messages(
        fromGuardian,
        (message) => this.#heard(message),
        (why) => this.#options.log.error({ why }, 'the guardian says what the bridge does not understand'),
      ) as (chunk: unknown) => void,
    )
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#socket === socket) {
        this.#socket = undefined
        this.#welcome = undefined
        this.#kept.clear()
      }
      if (!this.#over && this.#refused === undefined)
        setTimeout(() => this.#connect(), CONNECT_EVERY_MS).unref()
    })
  }

  #heard(message: FromGuardian): void {
    this.#heardAt = performance.now()
    if (!this.#present && this.#welcome) this.#isThere(this.#welcome)
    switch (message.say) {
      case 'welcome':
        this.#welcomed(message)
        break
      case 'wait':
        this.#options.log.warn({ ms: message.ms }, `the guardian lets the bridge wait: ${message.why}`)
        this.#waitUntil = performance.now() + message.ms + MEET_MS
        break
      case 'refuse':
        this.#refused = message.why
        this.#met.resolve()
        break
      case 'stop':
        this.#events?.stop(message.by, message.why)
        this.#say({ say: 'stopped', stop: message.stop })
        break
      case 'acted':
        this.#events?.acted(message.deed)
        break
      case 'released':
        this.#released(message.device, message.outcome)
        break
      case 'beat':
    }
  }

  #welcomed(welcome: Extract<FromGuardian, { say: 'welcome' }>): void {
    this.#welcome = welcome
    this.#running = true
    for (const device of welcome.kept) this.#kept.add(device)
    this.#met.resolve()
    this.#isThere(welcome)
  }

  /** It has come, or speaks again after it was silent. */
  #isThere({ port: ownPort, startedAt }: Extract<FromGuardian, { say: 'welcome' }>): void {
    this.#present = true
    const { path } = this.#options.web
    this.#show({
      ...{ state: 'present', since: Date.now(), startedAt },
      ...(ownPort > 0 && { port: ownPort }),
      ...(path === undefined ? {} : { path }),
    })
    this.#events?.met()
  }

  #released(device: string, outcome: Outcome): void {
    this.#kept.delete(device)
    this.#options.log.warn({ device, ...outcome }, 'the guardian has given the device back')
  }

  #look(): void {
    const now = performance.now()
    const late = now - this.#lookedAt - LOOK_MS
    this.#lookedAt = now
    // What the guardian said while this loop was held up is read first.
    if (late > LOOK_MS) this.#heardAt += late
    if (!this.#present || now - this.#heardAt < GUARDIAN_LOST_MS) return
    this.#present = false
    this.#options.log.error('the guardian is silent: nothing may emit until it is back')
    this.#show({ ...this.#state, state: 'lost', since: Date.now() })
    this.#events?.lost()
  }

  #show(state: GuardianState): void {
    this.#state = state
    this.#events?.changed(state)
  }
}
