import type { ReferenceResult } from '../../../shared/instrument/ctp10.ts'

/** When a reference was taken, by the instrument's clock: `2025-11-28 09:26:31`. */
export function takenAt({ date, time }: ReferenceResult): string {
  const day = /^(\d{4})(\d\d)(\d\d)$/.exec(date)
  const hour = /^(\d\d)(\d\d)(\d\d)$/.exec(time)
  return `${day ? day.slice(1).join('-') : date} ${hour ? hour.slice(1).join(':') : time}`.trim()
}
