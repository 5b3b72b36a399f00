const NONE = '—'
const MINUS = '\u2212'
const GROUPED = new Intl.NumberFormat('en-US')

/** A number with fixed decimals and a true minus sign; a dash for what is not a number. */
export function fixed(value: number | undefined, decimals: number): string {
  if (value === undefined || !Number.isFinite(value)) return NONE
  const text = Math.abs(value).toFixed(decimals)
  return value < 0 && Number(text) !== 0 ? `${MINUS}${text}` : text
}

/** A number with fixed decimals and its unit: `−12.34 dBm`. */
export function quantity(value: number | undefined, decimals: number, unit: string): string {
  const text = fixed(value, decimals)
  return text === NONE ? NONE : `${text} ${unit}`
}

/** A count with thousands set apart: `940,001`. */
export function count(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? NONE : GROUPED.format(value)
}

/** How long ago, in the unit that people would say: `3.2 s`, `42 s`, `5 min`, `2 h`, `3 d`. */
export function age(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 99.5) return `${Math.round(seconds)} s`
  if (seconds < 5970) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

/** The time of day, `14:03:22`, in this machine's zone. */
export function timeOfDay(epochMs: number): string {
  return new Date(epochMs).toLocaleTimeString('en-GB')
}

/** The time of day to the minute, `14:03`, in this machine's zone. */
export function hourAndMinute(epochMs: number): string {
  return timeOfDay(epochMs).slice(0, 5)
}

/** A person as others are told of them: whoever sits at the bench's own machine has no name. */
export function personName(name: string): string {
  return name === 'local' ? 'Local operator' : name
}

/** Date and time, `2026-03-09 14:03:22`, in this machine's zone; a dash for never. */
export function dateAndTime(epochMs: number | undefined): string {
  if (epochMs === undefined) return NONE
  // Sweden writes dates as ISO 8601 has them.
  return `${new Date(epochMs).toLocaleDateString('sv-SE')} ${timeOfDay(epochMs)}`
}
