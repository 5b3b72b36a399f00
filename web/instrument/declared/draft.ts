import type { DeclaredSetting } from '../../../shared/instrument/declared.ts'

/** What is wrong with a number that somebody typed, in a few words; undefined when it may be sent. */
export function problemOf(setting: DeclaredSetting, value: number | undefined): string | undefined {
  if (value === undefined || !Number.isFinite(value)) return 'a number is needed'
  if (setting.type === 'integer' && !Number.isInteger(value)) return 'a whole number is needed'
  if (setting.min !== undefined && value < setting.min)
    return `at least ${setting.min} ${setting.unit}`.trimEnd()
  if (setting.max !== undefined && value > setting.max)
    return `at most ${setting.max} ${setting.unit}`.trimEnd()
  return undefined
}
