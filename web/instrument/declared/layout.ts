import type { DeclaredReading, DeclaredState } from '../../../shared/instrument/declared.ts'

/** What belongs to one channel of the instrument, or to the instrument itself. */
export interface Section {
  channel: string | undefined
  readings: string[]
  settings: string[]
  actions: string[]
}

/** The numbers that are drawn together: those of one unit. */
export interface Chart {
  unit: string
  columns: number[]
}

/** The entries by channel, in the order of the declaration; what belongs to no channel comes first. */
export function sectionsOf({ readings, settings, actions }: DeclaredState): Section[] {
  const sections = new Map<string, Section>()
  const put = (
    kind: 'readings' | 'settings' | 'actions',
    name: string,
    channel: string | undefined,
  ): void => {
    const known = sections.get(channel ?? '')
    const section = known ?? { channel, readings: [], settings: [], actions: [] }
    if (!known) sections.set(channel ?? '', section)
    section[kind].push(name)
  }
  for (const [name, { channel }] of Object.entries(readings)) put('readings', name, channel)
  for (const [name, { channel }] of Object.entries(settings)) put('settings', name, channel)
  for (const [name, { channel }] of Object.entries(actions)) put('actions', name, channel)
  return [...sections.values()].sort(
    (a, b) => Number(a.channel !== undefined) - Number(b.channel !== undefined),
  )
}

/** A reading's unit as things stand: it may follow from a setting, as a multimeter's does from its function. */
export function unitOf(reading: DeclaredReading, values: DeclaredState['values']): string {
  if (!reading.units) return reading.unit
  return reading.units.are[String(values[reading.units.by]?.value)] ?? reading.unit
}

/** The charts that an instrument's numbers make, one a unit. */
export function chartsOf({ readings, values }: DeclaredState): Chart[] {
  const charts = new Map<string, number[]>()
  for (const reading of Object.values(readings)) {
    if (reading.column === undefined) continue
    const unit = unitOf(reading, values)
    charts.set(unit, [...(charts.get(unit) ?? []), reading.column])
  }
  return [...charts].map(([unit, columns]) => ({ unit, columns }))
}
