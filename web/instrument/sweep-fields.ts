import { sweepSettings, type SweepSettings } from '../../shared/instrument/instrument.ts'

export type SweepField = keyof SweepSettings

/** What stands in the form: a field may be empty. */
export type SweepDraft = Record<SweepField, number | undefined>

/** The form's fields in order, as people name them. */
export const SWEEP_FIELDS: { name: SweepField; label: string; unit: string; step: number }[] = [
  { name: 'startNm', label: 'Start', unit: 'nm', step: 0.1 },
  { name: 'stopNm', label: 'Stop', unit: 'nm', step: 0.1 },
  { name: 'samplingPm', label: 'Sampling', unit: 'pm', step: 0.1 },
  { name: 'speedNmPerS', label: 'Speed', unit: 'nm/s', step: 1 },
]

/** A form that has not been filled in. */
export const EMPTY_DRAFT: SweepDraft = {
  startNm: undefined,
  stopNm: undefined,
  samplingPm: undefined,
  speedNmPerS: undefined,
}

/** The settings that a draft comes to, or what is wrong with it, field by field. */
export type CheckedDraft =
  | { settings: SweepSettings; problems: Partial<Record<SweepField, string>> }
  | { settings: undefined; problems: Partial<Record<SweepField, string>> }

/** Checks a draft against what the instrument takes. */
export function checkDraft(draft: SweepDraft): CheckedDraft {
  const problems: Partial<Record<SweepField, string>> = {}
  const parsed = sweepSettings.safeParse(draft)
  for (const issue of parsed.error?.issues ?? []) {
    const field = SWEEP_FIELDS.find(({ name }) => name === issue.path[0])
    if (!field || problems[field.name]) continue
    if (issue.code === 'too_small') problems[field.name] = `at least ${issue.minimum} ${field.unit}`
    else if (issue.code === 'too_big') problems[field.name] = `at most ${issue.maximum} ${field.unit}`
    else problems[field.name] = 'a number is needed'
  }
  const { startNm, stopNm } = draft
  if (startNm !== undefined && stopNm !== undefined && stopNm <= startNm)
    problems.stopNm ??= 'above the start'
  if (parsed.success && Object.keys(problems).length === 0) return { settings: parsed.data, problems }
  return { settings: undefined, problems }
}
