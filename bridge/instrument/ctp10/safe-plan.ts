import type { SafePlan } from '../../core/safe-plan.ts'
import { ABORT } from './condition.ts'
import { emissionQuery, offCommand, SWITCH_MS } from './laser.ts'

/** An answer that says that a laser is off. */
const OFF = '^(0|OFF)$'
const ZERO = '^[+-]?0+(\\.0*)?(E[+-]?\\d+)?$'

/**
 * How a CTP10 with these reference lasers is made safe. It takes one connection at a time (CTP10 user guide, remote
 * control), and a sweep is over when the whole condition register is 0.
 */
export function safePlanOf(resource: string, wire: unknown, lasers: readonly number[]): SafePlan {
  return {
    ...{ resource, wire, guard: 'takeover', clearing: '\n' },
    messages: [ABORT, ...lasers.map(offCommand)].map((message) => `${message}\n`),
    proofs: [
      ...lasers.map((laser) => ({
        ask: `${emissionQuery(laser)}\n`,
        answer: '',
        safe: OFF,
        deadlineMs: SWITCH_MS,
      })),
      { ask: ':STAT:OPER:COND?\n', answer: '', safe: ZERO },
    ],
  }
}

/** The laser that a proof of such a plan speaks of; undefined for the condition register. */
export function laserOf(
  plan: SafePlan,
  lasers: readonly number[],
  proof: SafePlan['proofs'][number],
): number | undefined {
  return lasers[plan.proofs.indexOf(proof)]
}
