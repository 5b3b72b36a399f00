import { BenchError } from '../../../shared/wire/errors.ts'
import type { Burst } from '../../../shared/turret/turret-burst.ts'
import type { LaserState } from '../../../shared/turret/turret.ts'
import type { DeviceGuard } from '../../core/guard.ts'
import { boundsOf, requireBounds } from './bounds.ts'
import type { LaserConfig } from './config.ts'
import type { LightLedger } from './light-ledger.ts'
import { gapLine, pulseLine } from './pulse.ts'
import type { GrblWire } from './wire.ts'

/** Spindle override back to 100 %: another value would scale the power beyond its bound. */
const PLAIN_POWER = '\x99'
/** What the controller may need for a line beside its dwell. */
const SLACK_MS = 1500
/** A pulse that is answered so much before its end was not the one that was answered; the clock of a controller is a ceramic resonator's. */
const EARLY_MS = 5
const CLOCK_OFF = 0.02

interface LaserOptions {
  id: string
  wire: GrblWire
  config: LaserConfig
  guard: DeviceGuard
  /** What was emitted, which outlives connections and bridges. */
  ledger: LightLedger
  /** S at full power. */
  fullS: () => number
  /** What else than the laser itself keeps it from being fired, in words. */
  obstacles: () => string[]
  /** Whether the controller says that light is on which nobody here has ordered. */
  unordered: () => boolean
  changed: () => void
  /** Ends light before it returns, calls `darkened`, and sees to it that it is confirmed. */
  cut: (why: string) => void
  /** Resolves when what made it dark is confirmed, or will not be. */
  settled: () => Promise<unknown>
  /** What limits light could not be written down after it: an error for the log. */
  forgets: (error: unknown) => void
}

/** What is under way: a burst, or the dark pulse of `enable`. `litAt` while its light may be on, by performance.now(). */
interface Firing {
  mock: boolean
  proof: boolean
  litAt?: number | undefined
  /** When the controller ends by itself what it executes, by performance.now(). */
  endsAt?: number
  /** Whether a pulse of light has left. */
  shone?: boolean
  /** Why it was ended before its time, in words. */
  why?: string
}

/** The laser: one burst at a time, within bounds, and dark for a while after it. */
export class Laser {
  readonly #options: LaserOptions
  #enabled = false
  #burst: Firing | undefined
  /** Counts what makes dark: nothing that began before it goes on. */
  #darkened = 0
  #cooldownUntil: number | undefined
  #cooling: NodeJS.Timeout | undefined

  constructor(options: LaserOptions) {
    this.#options = options
    this.#cool(options.ledger.cooledAt)
  }

  /** Whether the controller is executing, or about to execute, pulses. */
  get busy(): boolean {
    return this.#burst !== undefined
  }

  /** Whether pulses of light are what it executes. */
  get lit(): boolean {
    return this.#burst !== undefined && !this.#burst.mock
  }

  get state(): LaserState {
    const missing = this.missing()
    const { fireCount, lastEndedAt } = this.#options.ledger
    return {
      enabled: this.#enabled,
      emitting: this.lit,
      unordered: this.#options.unordered(),
      mock: this.#burst !== undefined && this.#burst.mock && !this.#burst.proof,
      ready: missing.length === 0,
      missing,
      fireCount,
      ...(lastEndedAt === undefined ? {} : { lastEndedAt }),
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
      await this.#execute(pulseLine(0, config.dwellStepMs, config.dwellStepMs), config.dwellStepMs)
      const modes = await wire.send('$G')
      if (!modes.some((line) => / M5\b/.test(line)))
        throw this.#error(
          'laser.unready',
          'this firmware does not end a pulse by itself (M30 in the line of M3): it is not Grbl 1.1, and is not fired with',
        )
      if (darkened !== this.#darkened) throw this.#error('aborted', proof.why ?? 'it was made safe meanwhile')
      this.#enabled = true
    } catch (error) {
      if (this.#burst === proof) this.#options.cut('enabling the laser has failed')
      throw error
    } finally {
      this.#over(proof)
    }
  }

  /**
   * Fires a burst, a dark one with `mock`; resolves with how many pulses there were when the last has ended. At no time
   * does the controller hold more than the pulse or the gap that it executes: when the bridge or the line is lost there
   * is no light after that. What limits light is on the disk before a pulse leaves, and the guardian knows of it. Gaps
   * are longer by the time that this and a line take. Rejects with `laser.unready`, `laser.bounds`, `input.invalid`,
   * `guardian.lost`, `aborted` when it was cut off, or as the wire does.
   */
  async fire(wanted: Burst, mock: boolean, signal: AbortSignal): Promise<number> {
    const { wire, config, fullS, guard, ledger } = this.#options
    if (signal.aborted) throw this.#error('aborted', 'whoever asked for it is gone')
    requireBounds(wanted, config)
    this.#require(this.missing())
    ledger.require(wanted)
    const { pulses, pulseMs, gapMs, powerPercent } = wanted
    const line = pulseLine(mock ? 0 : (fullS() * powerPercent) / 100, pulseMs, config.dwellStepMs)
    const burst: Firing = { mock, proof: false }
    this.#burst = burst
    this.#options.changed()
    const end = (why: string): void => {
      if (this.#burst === burst) this.#options.cut(why)
    }
    const leave = (): void => end('whoever asked for it is gone')
    signal.addEventListener('abort', leave, { once: true })
    let fired = 0
    // Whatever has made it dark since, no light comes after it.
    const requireBurst = (): void => {
      if (this.#burst !== burst) throw this.#error('aborted', burst.why ?? 'it was made safe')
    }
    try {
      let kept = mock ? undefined : ledger.keepAhead(pulseMs, 0)
      for (;;) {
        await kept
        requireBurst()
        if (!mock) guard.mayEmit()
        if (fired === 0) wire.realTime(PLAIN_POWER)
        burst.litAt = performance.now()
        burst.endsAt = burst.litAt + pulseMs + config.dwellStepMs
        burst.shone = !mock
        await this.#execute(line, pulseMs)
        requireBurst()
        fired += 1
        this.#dark(burst, performance.now())
        if (fired === pulses) return fired
        if (!mock) kept = ledger.keepAhead(pulseMs, gapMs)
        kept?.catch(() => {})
        if (gapMs > 0) await wire.send(gapLine(gapMs, config.dwellStepMs), gapMs + SLACK_MS, gapMs)
      }
    } catch (error) {
      end(error instanceof Error ? error.message : String(error))
      // Whoever goes on with something after this finds the controller at rest.
      await this.#options.settled()
      const ended = error instanceof BenchError && error.code === 'aborted'
      if (!ended) throw error
      const why = burst.why === undefined ? '' : `: ${burst.why}`
      throw this.#error('aborted', `the burst was ended after ${fired} of ${pulses} pulses${why}`)
    } finally {
      signal.removeEventListener('abort', leave)
      this.#over(burst)
    }
  }

  /**
   * A reset has ended all light; the laser is to be enabled anew. `unheard`: no reset has reached the controller, which
   * ends its pulse by itself.
   */
  darkened(why?: string, unheard = false): void {
    this.#darkened += 1
    this.#enabled = false
    const burst = this.#burst
    if (burst) {
      if (why !== undefined) burst.why ??= why
      this.#over(burst, unheard ? burst.endsAt : undefined)
    }
    this.#options.changed()
  }

  /** Begins to count from 0; resolves when that is kept. Rejects with `laser.unready` when it is not. */
  async resetCount(): Promise<void> {
    const { ledger, changed } = this.#options
    ledger.fireCount = 0
    changed()
    await ledger.keep()
  }

  close(): void {
    clearTimeout(this.#cooling)
  }

  /** A line that is a pulse or like one. Rejects with `turret.error` when it is answered before it can be over. */
  async #execute(line: string, ms: number): Promise<void> {
    const { wire } = this.#options
    const begun = performance.now()
    await wire.send(line, ms + SLACK_MS, ms)
    const tookMs = performance.now() - begun
    if (tookMs >= ms * (1 - CLOCK_OFF) - EARLY_MS) return
    throw this.#error(
      'turret.error',
      `a pulse of ${ms} ms was answered after ${Math.round(tookMs)} ms: an answer was doubled on the line, or laser.dwellStepMs is not what the controller was built with`,
    )
  }

  /** A pulse has ended, or ends at `until`. */
  #dark(burst: Firing, until: number): void {
    const { litAt, mock } = burst
    burst.litAt = undefined
    if (litAt !== undefined && !mock) this.#options.ledger.add(litAt, until)
  }

  /** The burst is over, if it is still this one; one that gave light is followed by the cooldown. */
  #over(burst: Firing, until = performance.now()): void {
    if (this.#burst !== burst) return
    // Cut off in a pulse: some of its light there was.
    this.#dark(burst, until)
    this.#burst = undefined
    const { ledger, config, changed, forgets } = this.#options
    if (!burst.mock) {
      if (burst.shone) this.#cool(until + config.cooldownMs)
      ledger.keep().catch(forgets)
    }
    changed()
  }

  #cool(until: number): void {
    clearTimeout(this.#cooling)
    this.#options.ledger.cooledAt = until
    const left = until - performance.now()
    this.#cooldownUntil = left > 0 ? Math.round(Date.now() + left) : undefined
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

  #error(code: 'laser.unready' | 'device.busy' | 'turret.error' | 'aborted', what: string): BenchError {
    return new BenchError(code, `${this.#options.id}: ${what}`, { device: this.#options.id })
  }
}
