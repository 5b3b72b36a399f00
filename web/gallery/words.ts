import type { MediaEntry, MediaKind } from '../../shared/gallery/gallery.ts'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** A size as disks are sold: `12.3 MB`. */
export function byteSize(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** unit
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`
}

/** A duration as a clock shows it: `0:07`, `12:30`, `1:02:03`. */
export function clockTime(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (value: number): string => String(value).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

export const KIND_WORDS: Record<MediaKind, string> = {
  still: 'Still',
  recording: 'Recording',
  stack: 'Measured frames',
}

/** What an entry is, in a word or two: a part of a recording says which. */
export function kindOf({ kind, part, group }: MediaEntry): string {
  if (kind === 'still') return group ? `Time lapse ${part ?? ''}`.trim() : KIND_WORDS.still
  return (part ?? 1) > 1 ? `${KIND_WORDS[kind]}, part ${part ?? 1}` : KIND_WORDS[kind]
}

/** An entry as people call it. */
export function titleOf(entry: MediaEntry): string {
  return entry.name ?? kindOf(entry)
}
