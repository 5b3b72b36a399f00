import type { DeclaredState, DeclaredValue } from '../../../shared/instrument/declared.ts'
import { age } from '../../ui/format.ts'
import { channelColour } from '../../traces/plot/colours.ts'
import { unitOf } from '../../instrument/declared/layout.ts'
import { shown } from '../../ui/si.ts'
import type { Figure } from './figures.ts'

/** A declared reading as a large figure at `now` (ms since the epoch, by the bridge's clock); undefined for one that is not declared. */
export function readingFigure(
  name: string,
  declared: DeclaredState,
  stale: boolean,
  now: number,
): Figure | undefined {
  const reading = declared.readings[name]
  if (!reading) return undefined
  const value = declared.values[name]
  const unit = unitOf(reading, declared.values)
  const old = stale || value?.stale === true
  return {
    name: `reading-${name}`,
    label: reading.label,
    ...textOf(value, unit, reading.digits),
    colour: reading.column === undefined ? undefined : channelColour(reading.column),
    old,
    level: value?.level,
    note: old && value ? `${age(now - value.at)} old` : undefined,
  }
}

function textOf(
  value: DeclaredValue | undefined,
  unit: string,
  digits: number,
): { text: string; unit: string } {
  const read = value?.value
  if (typeof read === 'number') return shown(read, unit, digits)
  if (read === undefined) return { text: value?.note ?? '—', unit: '' }
  return { text: typeof read === 'boolean' ? (read ? 'yes' : 'no') : read, unit }
}
