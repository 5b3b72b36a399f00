import type { Action, Pattern, PatternRun } from '../../../shared/turret/presets.ts'

const STATES: Readonly<Record<PatternRun['state'], string>> = {
  moving: 'goes to',
  acting: 'acts at',
  dwelling: 'stays at',
  paused: 'is paused at',
}

export const ACTION_NAMES: Readonly<Record<Action['kind'], string>> = {
  none: 'nothing',
  still: 'a still',
  pulse: 'a burst',
  trace: 'a trace',
}

/** `goes to step 2 of 5, round 1 of 3`. */
export function patternWords({ state, step, steps, round, rounds }: PatternRun): string {
  const which = rounds === 1 ? '' : rounds === 0 ? `, round ${round}` : `, round ${round} of ${rounds}`
  return `${STATES[state]} step ${step + 1} of ${steps}${which}`
}

/** How much of it is done, 0 to 1; of one without end, how much of the round. */
export function patternProgress({ step, steps, round, rounds }: PatternRun): number {
  return rounds === 0 ? step / steps : ((round - 1) * steps + step) / (rounds * steps)
}

/** `4 steps, 3 rounds, 20 °/s, a still`. */
export function patternSummary({ steps, rounds, speed }: Pattern): string {
  const actions = [...new Set(steps.map(({ action }) => action.kind))].filter((kind) => kind !== 'none')
  return [
    `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}`,
    rounds === 0 ? 'until stopped' : `${rounds} ${rounds === 1 ? 'round' : 'rounds'}`,
    ...(speed === undefined ? [] : [`${speed} °/s`]),
    ...actions.map((kind) => ACTION_NAMES[kind]),
  ].join(', ')
}
