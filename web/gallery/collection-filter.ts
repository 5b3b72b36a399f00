import type { InputOf } from '../../shared/commands.ts'
import type { MediaKind } from '../../shared/gallery/gallery.ts'

const DAY_MS = 86_400_000

/** What the gallery is narrowed to; an empty text does not narrow. Days as a date field has them. */
export interface CollectionFilter {
  text: string
  device: string
  kind: MediaKind | ''
  tag: string
  from: string
  to: string
}

export const NO_FILTER: CollectionFilter = { text: '', device: '', kind: '', tag: '', from: '', to: '' }

/** The filter as the bridge takes it; days begin and end at midnight of this machine. */
export function askOf({ text, device, kind, tag, from, to }: CollectionFilter): InputOf<'media.list'> {
  const midnight = (day: string): number => new Date(`${day}T00:00`).getTime()
  return {
    ...(text.trim() && { text: text.trim() }),
    ...(device && { device }),
    ...(kind && { kind }),
    ...(tag && { tag }),
    ...(from && { from: midnight(from) }),
    ...(to && { to: midnight(to) + DAY_MS }),
  }
}
