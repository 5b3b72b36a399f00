import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { monotonicMs } from '../core/clock.ts'
import { LatchFile } from '../core/latch.ts'
import type { Logger } from '../core/log.ts'
import { slowdown } from '../core/machine-load.ts'
import type { BridgeSocket } from './bridge-socket.ts'
import { BridgeProcess } from './bridge-process.ts'
import { Deeds, wait } from './deeds.ts'
import { Judge, LOOK_MS } from './judge.ts'
import { Keeper } from './keeper.ts'
import { Memory } from './memory.ts'
import type { GuardianFacts } from './page.ts'
import { BEAT_MS, type FromBridge, type GuardianWeb, STOP_WITHIN_MS } from './protocol.ts'
import { restartAfter } from './restarts.ts'
import type { Session } from './session.ts'

/** So long a bridge that starts waits for the guardian's work; devices that are not safe by then are kept from it. */
const FINISH_MS = 3000
/** A machine on which everything takes so many times as long. */
const BUSY = 2
/** A stop that the bridge has not carried out by then costs the bridge where a device takes one connection and may act. */
const STOP_ENDS_BRIDGE_MS = 400
/** The same where by all that is known nothing emits or moves. */
const STOP_ENDS_IDLE_BRIDGE_MS = 1000
/** Who has pressed the stop that the guardian finds latched by itself. */
const GUARDIAN = 'the guardian'

interface GuardianOptions {
  dataDir: string
  log: Logger
  /** The port as the bridge describes it; resolves with the one that is taken. Called again when that changes. */
  listen: (web: GuardianWeb) => Promise<number>
  key: Buffer
}

/**
 * Makes devices safe when the bridge cannot: it is dead, hangs, or has not carried out a stop. It knows transports and
 * the plans of the drivers, and has no database, no page to serve and no video, so that nothing of those can hold it up.
 */
export class Guardian implements Disposable {
  readonly startedAt = Date.now()
  readonly #options: GuardianOptions
  readonly #memory: Memory
  readonly #deeds: Deeds
  readonly #keepers = new Map<string, Keeper>()
  readonly #revoked = new Set<string>()
  /** By number, those that the bridge has not answered yet. */
  readonly #stops = new Map<number, () => void>()
  readonly #timers: NodeJS.Timeout[]
  #session: Session | undefined
  #stopNumber = 0
  #bridgeSays = 'it has not started yet'

  constructor(options: GuardianOptions) {
    this.#options = options
    this.#memory = new Memory(join(options.dataDir, 'guardian.json'))
    this.#deeds = new Deeds({
      latch: new LatchFile(options.dataDir),
      lastResort: () => this.#memory.value.lastResort,
      // The bridge that only was held up is not to light anything again.
      acted: (deed) => this.#session?.socket.say({ say: 'acted', deed }),
      log: options.log,
    })
    for (const [device, plan] of Object.entries(this.#memory.value.plans))
      this.#keepers.set(device, new Keeper(device, plan))
    this.#timers = [
      setInterval(() => setImmediate(() => this.#look()), LOOK_MS),
      setInterval(() => this.#session?.socket.say({ say: 'beat' }), BEAT_MS),
    ]
  }

  get facts(): GuardianFacts {
    const shown = (keeper: Keeper): GuardianFacts['devices'][string] => ({
      armed: keeper.armed,
      outcome: this.#deeds.newest?.devices[keeper.device],
    })
    return {
      title: this.#memory.value.title,
      startedAt: this.startedAt,
      bridge: this.#bridgeSays,
      devices: Object.fromEntries([...this.#keepers].map(([id, keeper]) => [id, shown(keeper)])),
      deed: this.#deeds.newest,
    }
  }

  /** The port as a bridge described it last, for the time until the next one comes. */
  get web(): GuardianWeb | undefined {
    return this.#memory.value.web
  }

  isRevoked(session: string): boolean {
    return this.#revoked.has(session)
  }

  /** A bridge has connected, and says hello. There is one: an older one that is still connected has lost its place. */
  async admit(socket: BridgeSocket, hello: Extract<FromBridge, { say: 'hello' }>): Promise<void> {
    const { log } = this.#options
    this.#session?.socket.close()
    const session: Session = {
      socket,
      process: new BridgeProcess(hello.pid),
      judge: new Judge(performance.now()),
      ending: undefined,
      over: false,
      judged: 'nothing',
      welcome: false,
      left: Promise.withResolvers<void>(),
    }
    const restart = restartAfter(hello.running ? [] : this.#memory.value.deaths, monotonicMs())
    if (restart.pauseMs === undefined) {
      const why = `${restart.why}: it stays down until somebody has seen to it; delete guardian.json in the data folder, or restart the guardian, to let it start again`
      this.#bridgeSays = `down: ${why}`
      socket.say({ say: 'refuse', why })
      return
    }
    if (restart.pauseMs > 0) {
      this.#bridgeSays = `waiting ${Math.ceil(restart.pauseMs / 1000)} s before it starts again: ${restart.why}`
      socket.say({ say: 'wait', ms: restart.pauseMs, why: restart.why })
      await wait(restart.pauseMs)
    }
    if (socket.closed) return
    this.#session = session
    const { title, web, lastResort } = hello
    this.#memory.keep({ title, web, lastResort })
    const port = await this.#options.listen(web).catch((error: unknown) => {
      log.error({ error }, 'the guardian has no port of its own: the stop goes through the bridge alone')
      return 0
    })
    const working = [...this.#keepers.values()].filter((keeper) => keeper.busy)
    await Promise.race([Promise.all(working.map((keeper) => keeper.makeSafe())), wait(FINISH_MS)])
    if (socket.closed) return
    const kept = working.filter((keeper) => keeper.busy)
    for (const keeper of kept) {
      void keeper.makeSafe().then((outcome) => {
        this.#deeds.note(keeper.device, outcome)
        this.#session?.socket.say({ say: 'released', device: keeper.device, outcome })
      })
    }
    for (const keeper of [...this.#keepers.values()]) {
      keeper.allow({ emit: false, move: false })
      if (!keeper.busy && !hello.devices.includes(keeper.device)) this.#forget(keeper)
    }
    session.judge = new Judge(performance.now())
    session.welcome = true
    this.#bridgeSays = 'it runs'
    log.info({ pid: hello.pid }, 'the bridge is here')
    socket.say({
      ...{ say: 'welcome', startedAt: this.startedAt, key: this.#options.key.toString('base64'), port },
      ...{ kept: kept.map(({ device }) => device), ...(this.#deeds.newest && { deed: this.#deeds.newest }) },
    })
  }

  heard(socket: BridgeSocket, message: Exclude<FromBridge, { say: 'hello' }>): void {
    const session = this.#session
    if (!session || session.socket !== socket) return
    const now = performance.now()
    switch (message.say) {
      case 'beat':
        session.judge.beat(now)
        session.process.beats()
        session.judged = 'nothing'
        break
      case 'protect':
        this.#protect(message.device, message.plan)
        break
      case 'may':
        this.#keepers.get(message.device)?.allow({ emit: message.emit, move: message.move })
        break
      case 'holder':
        session.judge.holder(message.beats ? now : undefined)
        break
      case 'stopped':
        this.#stops.get(message.stop)?.()
        break
      case 'revoke':
        this.#revoked.add(message.session)
        break
      case 'crash':
        session.ending = { by: GUARDIAN, why: `the bridge failed: ${message.why}` }
        break
      case 'goodbye':
        session.over = true
    }
  }

  /** The bridge's socket is closed: it has ended in order, or is dead. */
  left(socket: BridgeSocket): void {
    const session = this.#session
    if (!session || session.socket !== socket) return
    this.#session = undefined
    session.left.resolve()
    const now = performance.now()
    const keepers = [...this.#keepers.values()]
    for (const keeper of keepers) keeper.gone(now)
    const armed = keepers.filter((keeper) => keeper.armed)
    if (session.over && armed.length === 0) {
      this.#bridgeSays = 'it has ended in order'
      return
    }
    const died = session.over ? 'the bridge ended, and had not proven this safe' : 'the bridge died'
    const { by, why } = session.ending ?? { by: GUARDIAN, why: died }
    this.#bridgeSays = `dead since ${new Date().toISOString()}: ${why}`
    // What has pressed the stop before it ended may not have got through with it.
    const concerned = session.ending ? keepers : armed
    if (concerned.length > 0) void this.#deeds.act(concerned, why, by)
    if (session.welcome && !session.over)
      this.#memory.keep({ deaths: [...this.#memory.value.deaths.slice(-9), monotonicMs()] })
  }

  /**
   * The emergency stop on the guardian's own port: the bridge has 100 ms to carry it out, then the guardian does. Resolves
   * with who has had every command on its wire, and when.
   */
  async stop(by: string, why: string): Promise<{ stopMs: number; by: 'bridge' | 'guardian' }> {
    const begun = performance.now()
    const answer = (who: 'bridge' | 'guardian') => ({ stopMs: performance.now() - begun, by: who })
    const session = this.#session
    const keepers = [...this.#keepers.values()]
    if (!session?.welcome) {
      await this.#deeds.act(keepers, why, by)
      return answer('guardian')
    }
    const number = ++this.#stopNumber
    const answered = Promise.withResolvers<boolean>()
    this.#stops.set(number, () => answered.resolve(this.#session === session))
    try {
      session.socket.say({ say: 'stop', stop: number, by, why })
      if (await Promise.race([answered.promise, wait(STOP_WITHIN_MS, false)])) return answer('bridge')
      const standby = this.#deeds.act(
        keepers.filter(({ plan }) => plan.guard === 'standby'),
        why,
        by,
      )
      const takeover = keepers.filter(({ plan }) => plan.guard === 'takeover')
      const patience = takeover.some(({ armed }) => armed) ? STOP_ENDS_BRIDGE_MS : STOP_ENDS_IDLE_BRIDGE_MS
      const late = await Promise.race([answered.promise, wait(patience - STOP_WITHIN_MS, false)])
      await standby
      if (late && this.#session === session) return answer('bridge')
      if (takeover.length > 0 && this.#session === session) {
        this.#options.log.error('the bridge has not carried out a stop: it is ended')
        session.ending = { by, why }
        session.process.end()
        await Promise.race([session.left.promise, wait(FINISH_MS)])
      }
      await this.#deeds.latest
      return answer('guardian')
    } finally {
      this.#stops.delete(number)
    }
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const keeper of this.#keepers.values()) keeper.close()
  }

  /** Resolves when there is no bridge, or after 10 s: a guardian that is to end stays for as long as it is needed. */
  async alone(): Promise<void> {
    for (let left = 100; this.#session && left > 0; left -= 1) await wait(100)
  }

  /** Resolves when nothing is being made safe any more, or after `ms`. */
  async finished(ms: number): Promise<void> {
    const working = [...this.#keepers.values()].filter((keeper) => keeper.busy)
    await Promise.race([Promise.all(working.map((keeper) => keeper.makeSafe())), wait(ms)])
  }

  #protect(device: string, plan: Keeper['plan']): void {
    const known = this.#keepers.get(device)
    if (known) known.change(plan)
    else this.#keepers.set(device, new Keeper(device, plan))
    if (JSON.stringify(this.#memory.value.plans[device]) !== JSON.stringify(plan))
      this.#memory.keep({ plans: { ...this.#memory.value.plans, [device]: plan } })
  }

  #forget(keeper: Keeper): void {
    keeper.close()
    this.#keepers.delete(keeper.device)
    const { [keeper.device]: _, ...plans } = this.#memory.value.plans
    this.#memory.keep({ plans })
  }

  #look(): void {
    const session = this.#session
    if (!session?.welcome || session.over) return
    const keepers = [...this.#keepers.values()]
    const armed = keepers.filter((keeper) => keeper.armed)
    const { act, why } = session.judge.look({
      now: performance.now(),
      armed: {
        standby: armed.some(({ plan }) => plan.guard === 'standby'),
        takeover: armed.some(({ plan }) => plan.guard === 'takeover'),
        emits: armed.some(({ may }) => may.emit),
      },
      starves: (ms) => session.process.starves(ms),
      isBusy: () => session.process.runs() && slowdown() > BUSY,
    })
    if (act === 'nothing' || act === session.judged || session.judged === 'end') return
    session.judged = act
    const standby = armed.filter(({ plan }) => plan.guard === 'standby')
    if (standby.length > 0) void this.#deeds.act(standby, why, GUARDIAN)
    if (act === 'standby') return
    this.#options.log.error({ why }, 'the bridge is ended')
    session.ending ??= { by: GUARDIAN, why }
    session.process.end()
  }
}

/** A key that dies with this process: a ticket is good for one start of the guardian. */
export const newKey = (): Buffer => randomBytes(32)
