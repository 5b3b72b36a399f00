import type { Night, View } from '../../../shared/views/views.ts'

const MINUTES_A_DAY = 1440
const SHIFT_EVERY_MS = 180_000
/** Where the picture stands, in px: round a square and back, so that no edge is ever burned in. */
const SHIFTS = [
  [0, 0],
  [3, 0],
  [3, 3],
  [0, 3],
  [-3, 3],
  [-3, 0],
  [-3, -3],
  [0, -3],
  [3, -3],
] as const

type Rotating = Pick<View, 'pages' | 'dwellS'>

/** Which page is shown at `now` (ms since the epoch, by the bridge's clock), and for how many ms more. Every display of a view turns at the same time. */
export function pageAt({ pages, dwellS }: Rotating, now: number): { index: number; leftMs: number } {
  const dwells = pages.map((page) => (page.dwellS ?? dwellS) * 1000)
  const whole = dwells.reduce((sum, dwell) => sum + dwell, 0)
  let into = now % whole
  for (const [index, dwell] of dwells.entries()) {
    if (into < dwell) return { index, leftMs: dwell - into }
    into -= dwell
  }
  return { index: 0, leftMs: dwells[0] ?? 0 }
}

/** Whether it is night at this minute of the day; a night that ends before it begins goes over midnight. */
export function isNight({ from, to }: Pick<Night, 'from' | 'to'>, minute: number): boolean {
  const begin = minuteOf(from)
  const end = minuteOf(to)
  return begin <= end ? minute >= begin && minute < end : minute >= begin || minute < end
}

/** The minute of the day of `HH:MM`. */
export function minuteOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':')
  return (Number(hours) * 60 + Number(minutes)) % MINUTES_A_DAY
}

/** How far a display moves its picture at `now`, in px, to spare its panel. */
export function shiftAt(now: number): readonly [x: number, y: number] {
  return SHIFTS[Math.floor(now / SHIFT_EVERY_MS) % SHIFTS.length] ?? [0, 0]
}

/** How long until it is `hour` o'clock again, in ms, by this machine's clock. */
export function msUntilHour(hour: number, now: number): number {
  const next = new Date(now)
  next.setHours(hour, 0, 0, 0)
  if (next.getTime() <= now) next.setDate(next.getDate() + 1)
  return next.getTime() - now
}
