import type { Burst } from '../../../shared/turret/turret-burst.ts'
import type { LaserBounds } from '../../../shared/turret/turret.ts'

/** A burst as it is written into a form: a field may be empty. */
export type BurstDraft = { [K in keyof Burst]: number | undefined }

/** Weak and short, whatever the bounds. */
export function firstDraft(bounds: LaserBounds): BurstDraft {
  const { stepMs, longestPulseMs, powerPercent, mostPulses } = bounds
  return {
    pulses: Math.min(3, mostPulses),
    pulseMs: Math.min(2 * stepMs, Math.floor(longestPulseMs / stepMs) * stepMs),
    gapMs: 4 * stepMs,
    powerPercent: Math.min(10, powerPercent),
  }
}

/** What is wrong with each field, before the bridge has to say it. */
export function problemsOf(draft: BurstDraft, bounds: LaserBounds): { [K in keyof Burst]?: string } {
  const { pulses, pulseMs, gapMs, powerPercent } = draft
  const problems: { [K in keyof Burst]?: string | undefined } = {
    pulses: numberProblem(pulses, 1, bounds.mostPulses) ?? (Number.isInteger(pulses) ? undefined : 'whole'),
    pulseMs:
      numberProblem(pulseMs, bounds.stepMs, bounds.longestPulseMs) ??
      (pulseMs! % bounds.stepMs === 0 ? undefined : `in steps of ${bounds.stepMs}`),
    gapMs: numberProblem(gapMs, 0, 60_000),
    powerPercent: powerPercent === 0 ? 'above 0' : numberProblem(powerPercent, 0, bounds.powerPercent),
  }
  return Object.fromEntries(Object.entries(problems).filter(([, problem]) => problem !== undefined))
}

function numberProblem(value: number | undefined, least: number, most: number): string | undefined {
  if (value === undefined || !Number.isFinite(value)) return 'a number is needed'
  if (value < least) return `at least ${least}`
  return value > most ? `at most ${most}` : undefined
}

/** The burst, or undefined while something is wrong with it. */
export function burstOf(draft: BurstDraft, bounds: LaserBounds): Burst | undefined {
  if (Object.keys(problemsOf(draft, bounds)).length > 0) return undefined
  return draft as Burst
}

/** How long a burst takes, ms, its gaps in whole steps. */
export function burstMs({ pulses, pulseMs, gapMs }: Burst, { stepMs }: LaserBounds): number {
  return pulses * pulseMs + (pulses - 1) * Math.ceil(gapMs / stepMs) * stepMs
}
