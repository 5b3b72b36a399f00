/** Names of the bits of :STATus:OPERation:CONDition?, from bit 0 (CTP10 user guide, status registers). */
const BITS = [
  'zeroing',
  'calibrating',
  'scanning',
  'analysing',
  'aborting',
  'armed',
  'referencing',
  'quick reference',
  'waiting for controller',
  'updating setup',
  'updating daisy chain',
  'laser referencing',
  'loading or saving',
]

/** Ends sweeps and references (CTP10 user guide, :ABORt). */
export const ABORT = ':ABOR'

const bits = (...names: string[]): number =>
  names.reduce((register, name) => register | (1 << BITS.indexOf(name)), 0)

export const SCANNING = bits('scanning')
const REFERENCING = bits('referencing', 'quick reference')
/** The lasers that take part in sweeps may be lit. */
export const LIT = bits('scanning', 'armed', 'referencing', 'quick reference', 'laser referencing')

/** Whether a reference of either kind is being taken. */
export function isReferencing(register: number): boolean {
  return (register & REFERENCING) !== 0
}

/** What the instrument is doing. Idle is an empty list; a bit without a name is given by its number. */
export function activeConditions(register: number): string[] {
  const active: string[] = []
  for (let bit = 0; bit < 16; bit++) if (register & (1 << bit)) active.push(BITS[bit] ?? `bit ${bit}`)
  return active
}
