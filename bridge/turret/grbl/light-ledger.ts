import { z } from 'zod'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Burst } from '../../../shared/turret/turret-burst.ts'
import { withDeadline } from '../../core/deadline.ts'
import type { DeviceMemory } from '../../core/device-memory.ts'
import { type Light, requireDuty } from './bounds.ts'
import { DUTY_WINDOW_MS, type LaserConfig } from './config.ts'

const NAME = 'light'
const WRITE_MS = 2000
/** By how much a pulse may be later than it was meant when it was written down: the writing, and a slow answer. */
const LATEST_MS = 3500

/** What limits light, as it outlives the bridge. Times of light are relative to `at`. */
const kept = z.object({
  at: z.number().describe('when this was written, ms since the epoch'),
  upMs: z.number().describe('the same on the clock that counts from when the machine was started, ms'),
  fireCount: z.number().int().min(0).describe('pulses of light since the count was reset'),
  lastEndedAt: z.number().optional().describe('when light ended last, ms since the epoch'),
  cooldownMs: z.number().min(0).describe('no light for so long after `at`, ms'),
  light: z
    .array(z.object({ from: z.number().describe('ms after `at`'), to: z.number().describe('ms after `at`') }))
    .describe('the light of the last 10 s'),
})

const upMs = (): number => Number(process.hrtime.bigint() / 1_000_000n)

/** How much light there was, and when there may be more. Times are of performance.now() unless they say otherwise. */
export class LightLedger {
  readonly #memory: DeviceMemory
  readonly #config: LaserConfig
  #past: Light[]
  fireCount: number
  /** ms since the epoch. */
  lastEndedAt: number | undefined
  /** No light before this. */
  cooledAt: number

  private constructor(
    memory: DeviceMemory,
    config: LaserConfig,
    {
      past = [],
      fireCount = 0,
      lastEndedAt,
      cooledAt = -Infinity,
    }: { past?: Light[]; fireCount?: number; lastEndedAt?: number; cooledAt?: number },
  ) {
    this.#memory = memory
    this.#config = config
    this.#past = past
    this.fireCount = fireCount
    this.lastEndedAt = lastEndedAt
    this.cooledAt = cooledAt
  }

  /**
   * What was kept, as of now. What cannot be read counts as light that has just ended. Where the clock was set
   * meanwhile, or the machine started anew, the shorter of the times that may have passed is taken: nothing is
   * forgotten too early.
   */
  static async read(memory: DeviceMemory, config: LaserConfig): Promise<LightLedger> {
    const now = performance.now()
    const read = await memory.read(NAME).catch(() => ({}))
    if (read === undefined) return new LightLedger(memory, config, {})
    const { success, data } = kept.safeParse(read)
    if (!success) {
      const cooledAt = now + Math.max(config.cooldownMs, DUTY_WINDOW_MS)
      return new LightLedger(memory, config, { cooledAt })
    }
    const byClock = Math.max(0, Date.now() - data.at)
    const byUptime = upMs() - data.upMs
    const then = now - (byUptime >= 0 ? Math.min(byClock, byUptime) : byClock)
    return new LightLedger(memory, config, {
      fireCount: data.fireCount,
      ...(data.lastEndedAt === undefined ? {} : { lastEndedAt: data.lastEndedAt }),
      cooledAt: then + data.cooldownMs,
      past: data.light.map(({ from, to }) => {
        // Light that was still to come when the bridge ended is over by now, at the latest.
        const early = Math.max(0, then + to - now)
        return { from: then + from - early, to: then + to - early }
      }),
    })
  }

  /** Throws `laser.bounds` for a burst that would, with the light there was, be more than the allowed share of any 10 s. */
  require(wanted: Burst): void {
    const now = performance.now()
    this.#past = this.#past.filter(({ to }) => to > now - DUTY_WINDOW_MS)
    requireDuty(wanted, this.#past, now, this.#config)
  }

  /** A pulse of light that began at `from` has ended, or ends, at `to`. */
  add(from: number, to: number): void {
    this.#past.push({ from, to })
    this.fireCount += 1
    this.lastEndedAt = Math.round(Date.now() + to - performance.now())
  }

  /**
   * Writes down what will have been once the next pulse, `gapMs` from now, is over: counted already should the bridge
   * die in it. Resolves when that is kept. Rejects with `laser.unready` when it is not.
   */
  keepAhead(pulseMs: number, gapMs: number): Promise<void> {
    const { dwellStepMs, cooldownMs } = this.#config
    const from = performance.now() + gapMs + LATEST_MS
    const to = from + pulseMs + dwellStepMs
    return this.#write({
      fireCount: this.fireCount + 1,
      lastEndedAt: Date.now() + gapMs + pulseMs,
      cooledAt: to + cooldownMs,
      past: [...this.#past, { from, to }],
    })
  }

  /** Resolves when what is known is kept. Rejects with `laser.unready` when it is not. */
  keep(): Promise<void> {
    const { fireCount, lastEndedAt, cooledAt } = this
    return this.#write({ fireCount, lastEndedAt, cooledAt, past: this.#past })
  }

  async #write(what: {
    fireCount: number
    lastEndedAt: number | undefined
    cooledAt: number
    past: readonly Light[]
  }): Promise<void> {
    const now = performance.now()
    const round = (ms: number): number => Math.round(ms * 1000) / 1000
    const written = this.#memory.write(NAME, {
      at: Date.now(),
      upMs: upMs(),
      fireCount: what.fireCount,
      ...(what.lastEndedAt === undefined ? {} : { lastEndedAt: Math.round(what.lastEndedAt) }),
      cooldownMs: Math.max(0, round(what.cooledAt - now)),
      light: what.past
        .filter(({ to }) => to > now - DUTY_WINDOW_MS)
        .map(({ from, to }) => ({ from: round(from - now), to: round(to - now) })),
    } satisfies z.input<typeof kept>)
    try {
      await withDeadline(written, WRITE_MS, 'writing down what limits light')
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const message = `no light, as what limits it cannot be written down: ${why}`
      throw new BenchError('laser.unready', message, { cause: error })
    }
  }
}
