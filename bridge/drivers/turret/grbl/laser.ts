import { BenchError } from '../../../../shared/errors.ts'
import type { Burst } from '../../../../shared/turret-burst.ts'
import type { LaserState } from '../../../../shared/turret.ts'
import { boundsOf, type Light, requireBounds, requireDuty } from './bounds.ts'
import { DUTY_WINDOW_MS, type LaserConfig } from './config.ts'
import { gapLine, pulseLine } from './pulse.ts'
import type { GrblWire } from './wire.ts'

/** Spindle override back to 100 %: another value would scale the power beyond its bound. */
const PLAIN_POWER = '\x99'
/** What the controller may need for a line beside its dwell. */
const SLACK_MS = 1500

interface LaserOptions {
  id: string
  wire: GrblWire
  config: LaserConfig
  /** S at full power. */
  fullS: () => number
  /** What else than the laser itself keeps it from being fired, in words. */
  obstacles: () => string[]
  /** What was shown of it before, on an earlier connection: count and cooldown outlive one. */
  before: LaserState | undefined
  changed: () => void
  /** Ends light before it returns, calls `darkened`, and sees to it that it is confirmed. */
  cut: () => void
  /** Resolves when what made it dark is confirmed, or will not be. */
  settled: () => Promise<unknown>
}

/** What is under way: a burst, or the dark pulse of `enable`. `litAt` while its light may be on, by performance.now(). */
interface Firing {
  mock: boolean
  proof: boolean
  litAt?: number | undefined
}

/** The laser: one burst at a time, within bounds, and dark for a while after it. */
export class Laser {
  readonly #options: LaserOptions
  #enabled = false
  #burst: Firing | undefined
  /** Counts what makes dark: nothing that began before it goes on. */
  #darkened = 0
  #past: Light[] = []
  #fireCount: number
  #lastEndedAt: number | undefined
  #cooldownUntil: number | undefined
  #cooling: NodeJS.Timeout | undefined

  constructor(options: LaserOptions) {
    this.#options = options
    const { before } = options
    this.#fireCount = before?.fireCount ?? 0
    this.#lastEndedAt = before?.lastEndedAt
    // What was emitted before the connection was lost is not known any more: 10 s later it no longer counts.
    const unknownUntil = before?.lastEndedAt === undefined ? 0 : before.lastEndedAt + DUTY_WINDOW_MS
    this.#cool(Math.max(before?.cooldownUntil ?? 0, unknownUntil))
  }

  /** Whether the controller is executing, or about to execute, pulses. */
  get busy(): boolean {
    return this.#burst !== undefined
  }

  get state(): LaserState {
    const missing = this.missing()
    return {
      enabled: this.#enabled,
      emitting: this.#burst !== undefined && !this.#burst.mock,
      mock: this.#burst !== undefined && this.#burst.mock && !this.#burst.proof,
      ready: missing.length === 0,
      missing,
      fireCount: this.#fireCount,
      ...(this.#lastEndedAt === undefined ? {} : { lastEndedAt: this.#lastEndedAt }),
      ...(this.#cooldownUntil === undefined ? {} : { cooldownUntil: this.#cooldownUntil }),
      bounds: boundsOf(this.#options.config),
    }
  }

  /** What keeps it from being fired now, in words; empty when nothing does. */
  missing(): string[] {
    return [
      ...(this.#enabled ? [] : ['the laser is not enabled']),
      ...this.#options.obstacles(),
      ...(this.#burst ? ['a burst is under way'] : []),
      ...(this.#cooldownUntil === undefined ? [] : ['it is cooling down']),
    ]
  }

  /**
   * Lets it be fired, after a dark pulse has shown that this firmware takes a pulse as one line and ends it by itself.
   * Rejects with `laser.unready`, `device.busy`, or as the wire does.
   */
  async enable(): Promise<void> {
    const { wire, config } = this.#options
    if (this.#burst) throw this.#error('device.busy', 'a burst is under way')
    this.#require(this.#options.obstacles())
    const darkened = this.#darkened
    const proof: Firing = { mock: true, proof: true }
    this.#burst = proof
    this.#options.changed()
    try {
      await wire.send(pulseLine(0, config.dwellStepMs, config.dwellStepMs), config.dwellStepMs + SLACK_MS)
      const modes = await wire.send('$G')
      if (!modes.some((line) => / M5\b/.test(line)))
        throw this.#error(
          'laser.unready',
          'this firmware does not end a pulse by itself (M30 in the line of M3): it is not Grbl 1.1, and is not fired with',
        )
      if (darkened !== this.#darkened) throw this.#error('aborted', 'it was made safe meanwhile')
      this.#enabled = true
    } catch (error) {
      if (this.#burst === proof) this.#options.cut()
      throw error
    } finally {
      this.#over(proof)
    }
  }

  /**
   * Fires a burst, a dark one with `mock`; resolves with how many pulses there were when the last has ended. At no time
   * does the controller hold more than the pulse or the gap that it executes: when the bridge or the line is lost there
   * is no light after that. Gaps are longer by the time that a line takes to arrive. Rejects with `laser.unready`,
   * `laser.bounds`, `input.invalid`, `aborted` when it was cut off, or as the wire does.
   */
  async fire(wanted: Burst, mock: boolean, signal: AbortSignal): Promise<number> {
    const { wire, config, fullS } = this.#options
    if (signal.aborted) throw this.#error('aborted', 'whoever asked for it is gone')
    requireBounds(wanted, config)
    this.#require(this.missing())
    const now = performance.now()
    this.#past = this.#past.filter(({ to }) => to > now - DUTY_WINDOW_MS)
    requireDuty(wanted, this.#past, now, config)

    const { pulses, pulseMs, gapMs, powerPercent } = wanted
    const line = pulseLine(mock ? 0 : (fullS() * powerPercent) / 100, pulseMs, config.dwellStepMs)
    const burst: Firing = { mock, proof: false }
    this.#burst = burst
    this.#options.changed()
    const leave = (): void => {
      if (this.#burst === burst) this.#options.cut()
    }
    signal.addEventListener('abort', leave, { once: true })
    let fired = 0
    const send = async (what: string, ms: number): Promise<void> => {
      // Whatever has made it dark since, no light comes after it.
      if (this.#burst !== burst) throw this.#error('aborted', 'it was made safe')
      await wire.send(what, ms + SLACK_MS)
    }
    try {
      wire.realTime(PLAIN_POWER)
      for (;;) {
        burst.litAt = performance.now()
        await send(line, pulseMs)
        fired += 1
        this.#dark(burst)
        if (fired === pulses) return fired
        if (gapMs > 0) await send(gapLine(gapMs, config.dwellStepMs), gapMs)
      }
    } catch (error) {
      leave()
      // Whoever goes on with something after this finds the controller at rest.
      await this.#options.settled()
      const ended = error instanceof BenchError && error.code === 'aborted'
      throw ended ? this.#error('aborted', `the burst was ended after ${fired} of ${pulses} pulses`) : error
    } finally {
      signal.removeEventListener('abort', leave)
      this.#over(burst)
    }
  }

  /** A reset has ended all light; the laser is to be enabled anew. */
  darkened(): void {
    this.#darkened += 1
    this.#enabled = false
    const burst = this.#burst
    if (burst) this.#over(burst)
    this.#options.changed()
  }

  resetCount(): void {
    this.#fireCount = 0
    this.#options.changed()
  }

  close(): void {
    clearTimeout(this.#cooling)
  }

  /** A pulse has ended, now at the latest. */
  #dark(burst: Firing): void {
    const { litAt, mock } = burst
    burst.litAt = undefined
    if (litAt === undefined || mock) return
    this.#past.push({ from: litAt, to: performance.now() })
    this.#fireCount += 1
    this.#lastEndedAt = Date.now()
  }

  /** The burst is over, if it is still this one; one that gave light is followed by the cooldown. */
  #over(burst: Firing): void {
    if (this.#burst !== burst) return
    // Cut off in a pulse: some of its light there was.
    this.#dark(burst)
    this.#burst = undefined
    if (!burst.mock) this.#cool(Date.now() + this.#options.config.cooldownMs)
    this.#options.changed()
  }

  #cool(until: number): void {
    clearTimeout(this.#cooling)
    const left = until - Date.now()
    this.#cooldownUntil = left > 0 ? Math.round(until) : undefined
    if (left <= 0) return
    this.#cooling = setTimeout(() => {
      this.#cooldownUntil = undefined
      this.#options.changed()
    }, left)
    this.#cooling.unref()
  }

  #require(missing: readonly string[]): void {
    if (missing.length > 0) throw this.#error('laser.unready', `not ready: ${missing.join('; ')}`)
  }

  #error(code: 'laser.unready' | 'device.busy' | 'aborted', what: string): BenchError {
    return new BenchError(code, `${this.#options.id}: ${what}`, { device: this.#options.id })
  }
}
