import type { Burst } from '../../../shared/turret/turret-burst.ts'
import type { LaserBounds } from '../../../shared/turret/turret.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import { DUTY_WINDOW_MS, type LaserConfig } from './config.ts'

/** A time of light, ms on one clock. */
export interface Light {
  from: number
  to: number
}

/** The bounds as people see them. */
export function boundsOf(config: LaserConfig): LaserBounds {
  const { longestPulseMs, mostPulses, dutyPercent, powerPercent, dwellStepMs } = config
  return { longestPulseMs, mostPulses, dutyPercent, powerPercent, stepMs: dwellStepMs }
}

/** Throws `laser.bounds` for what bench.yaml does not allow, and `input.invalid` for a pulse that cannot be timed. */
export function requireBounds({ pulses, pulseMs, powerPercent }: Burst, config: LaserConfig): void {
  const bounds: [string, number, number, string][] = [
    ['pulseMs', pulseMs, config.longestPulseMs, 'longestPulseMs'],
    ['pulses', pulses, config.mostPulses, 'mostPulses'],
    ['powerPercent', powerPercent, config.powerPercent, 'powerPercent'],
  ]
  for (const [name, wanted, most, key] of bounds) {
    if (wanted > most)
      throw new BenchError(
        'laser.bounds',
        `${name} ${wanted} is over the ${most} that laser.${key} allows here`,
      )
  }
  const step = config.dwellStepMs
  if (pulseMs % step === 0) return
  const below = Math.floor(pulseMs / step) * step
  const near = [below, below + step].filter((ms) => ms > 0 && ms <= config.longestPulseMs)
  throw new BenchError(
    'input.invalid',
    `the controller times pulses in steps of ${step} ms and would make ${pulseMs} ms longer: ask for ${near.join(' or ')} ms`,
  )
}

/**
 * Throws `laser.bounds` when a burst that begins at `now` would, with the light there was, be more than the allowed
 * share of any 10 s. Light that was is counted from its command to its answer, so never too short.
 */
export function requireDuty(wanted: Burst, past: readonly Light[], now: number, config: LaserConfig): void {
  const allowed = (DUTY_WINDOW_MS * config.dutyPercent) / 100
  const gap = Math.ceil(wanted.gapMs / config.dwellStepMs) * config.dwellStepMs
  const planned = Array.from({ length: wanted.pulses }, (_, i) => {
    const from = now + i * (wanted.pulseMs + gap)
    return { from, to: from + wanted.pulseMs }
  })
  const most = (earlier: readonly Light[]): number => {
    const all = [...earlier, ...planned]
    // The share is greatest in a window that ends where light does.
    return Math.max(...planned.map(({ to }) => lightIn(all, to - DUTY_WINDOW_MS, to)))
  }
  if (most(past) <= allowed) return
  const share = (ms: number): string => `${Math.round((ms / DUTY_WINDOW_MS) * 1000) / 10} %`
  const advice =
    most([]) > allowed ? 'ask for fewer or shorter pulses, or longer gaps' : 'wait some seconds and ask again'
  throw new BenchError(
    'laser.bounds',
    `this would be ${share(most(past))} of light in 10 s, and ${config.dutyPercent} % are allowed here: ${advice}`,
  )
}

function lightIn(all: readonly Light[], from: number, to: number): number {
  return all.reduce((sum, light) => sum + Math.max(0, Math.min(light.to, to) - Math.max(light.from, from)), 0)
}
