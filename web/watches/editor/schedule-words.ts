import type { WatchSchedule } from '../../../shared/watches/watch.ts'

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const

/** So many seconds as people say it: `90 s`, `5 minutes`, `1 day`. */
export function durationText(seconds: number): string {
  const whole = UNITS.find(([length]) => seconds % length === 0 && seconds >= length)
  if (!whole) return `${seconds} s`
  const many = seconds / whole[0]
  return many === 1 ? `1 ${whole[1]}` : `${many} ${whole[1]}s`
}

/** When a watch is checked by itself. */
export function scheduleText({ everyS, cron, zone, quiet }: WatchSchedule): string {
  const when =
    cron !== undefined
      ? `at ${cron}${zone === undefined ? '' : ` (${zone})`}`
      : everyS !== undefined
        ? `every ${durationText(everyS)}`
        : 'by hand only'
  return quiet ? `${when}, quiet ${quiet.from} to ${quiet.to}` : when
}
