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

/** What the instrument is doing. Idle is an empty list; a bit without a name is given by its number. */
export function activeConditions(register: number): string[] {
  const active: string[] = []
  for (let bit = 0; bit < 16; bit++) if (register & (1 << bit)) active.push(BITS[bit] ?? `bit ${bit}`)
  return active
}
