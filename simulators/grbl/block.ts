/** A number of Grbl's error list (Grbl v1.1 interface). */
export class GrblError extends Error {
  readonly number: number

  constructor(number: number) {
    super(`error:${number}`)
    this.number = number
  }
}

export type Motion = 'G0' | 'G1' | 'G80'
export type Spindle = 'M3' | 'M4' | 'M5'

/** The parser's state, as `$G` tells it. */
export interface Modes {
  motion: Motion
  distance: 'G90' | 'G91'
  units: 'G20' | 'G21'
  spindle: Spindle
  feed: number
  s: number
}

export const freshModes: Modes = {
  motion: 'G0',
  distance: 'G90',
  units: 'G21',
  spindle: 'M5',
  feed: 0,
  s: 0,
}

/** A line of G-code, read and checked. */
export interface Block {
  modes: Modes
  /** Whether a motion was named or is to be made: axis words by number, mm as written. */
  axes: ReadonlyMap<number, number>
  machine: boolean
  dwellS: number | undefined
  end: 'M0' | 'M2' | undefined
}

const GROUPS: Record<string, string> = {
  G4: 'once',
  G53: 'once',
  G0: 'motion',
  G1: 'motion',
  G80: 'motion',
  G17: 'plane',
  G20: 'units',
  G21: 'units',
  G40: 'cutter',
  G49: 'length',
  G54: 'coordinates',
  G90: 'distance',
  G91: 'distance',
  G94: 'feed',
  M0: 'program',
  M2: 'program',
  M30: 'program',
  M3: 'spindle',
  M4: 'spindle',
  M5: 'spindle',
  M9: 'coolant',
}

/** Reads a block in the light of the modes before it. Throws GrblError. */
export function readBlock(line: string, before: Modes, jog = false): Block {
  const modes = { ...before }
  const values = new Map<string, number>()
  const groups = new Map<string, string>()
  let rest = line
  while (rest !== '') {
    const word = /^([A-Z])([-+]?(?:\d+\.?\d*|\.\d+))/.exec(rest)
    if (!word) throw new GrblError(/^[A-Z]/.test(rest) ? 2 : 1)
    rest = rest.slice(word[0].length)
    const letter = word[1]!
    const value = Number(word[2])
    if (letter === 'G' || letter === 'M') {
      const code = `${letter}${value}`
      const group = GROUPS[code]
      if (!group) throw new GrblError(20)
      if (groups.has(group)) throw new GrblError(21)
      groups.set(group, code)
    } else {
      if (!'FNPSTXYZ'.includes(letter)) throw new GrblError(20)
      if (values.has(letter)) throw new GrblError(25)
      if ('FNPST'.includes(letter) && value < 0) throw new GrblError(4)
      values.set(letter, value)
    }
  }
  if (jog) checkJog(groups, values)
  const named = (group: string): string | undefined => groups.get(group)
  modes.motion = (named('motion') as Motion | undefined) ?? modes.motion
  modes.distance = (named('distance') as Modes['distance'] | undefined) ?? modes.distance
  modes.units = (named('units') as Modes['units'] | undefined) ?? modes.units
  modes.spindle = (named('spindle') as Spindle | undefined) ?? modes.spindle
  const scale = modes.units === 'G20' ? 25.4 : 1
  if (values.has('F')) modes.feed = values.get('F')! * scale
  if (values.has('S')) modes.s = values.get('S')!
  const axes = new Map<number, number>()
  for (const [axis, letter] of ['X', 'Y', 'Z'].entries())
    if (values.has(letter)) axes.set(axis, values.get(letter)! * scale)

  const dwell = named('once') === 'G4'
  if (dwell && !values.has('P')) throw new GrblError(28)
  if (!dwell && values.has('P')) throw new GrblError(36)
  if (dwell && axes.size > 0) throw new GrblError(named('motion') ? 24 : 36)
  const motion = jog ? 'G1' : modes.motion
  if (motion === 'G80' && axes.size > 0) throw new GrblError(31)
  const moves = axes.size > 0 || named('motion') !== undefined
  if (moves && motion === 'G1' && modes.feed === 0) throw new GrblError(22)
  const program = named('program')
  return {
    modes,
    axes,
    machine: named('once') === 'G53',
    dwellS: dwell ? values.get('P') : undefined,
    end: program === undefined ? undefined : program === 'M0' ? 'M0' : 'M2',
  }
}

function checkJog(groups: Map<string, string>, values: Map<string, number>): void {
  for (const [group, code] of groups) {
    if (group !== 'distance' && group !== 'units' && code !== 'G53') throw new GrblError(16)
  }
  if (!values.has('F')) throw new GrblError(22)
  if (!['X', 'Y', 'Z'].some((axis) => values.has(axis))) throw new GrblError(26)
  for (const letter of values.keys()) if ('PST'.includes(letter)) throw new GrblError(36)
}
