import {
  DETECTORS,
  type DetectorName,
  detectors,
  type Detectors,
  type VisionState,
} from '../../../shared/camera/vision.ts'

type Value = number | boolean | string | undefined

interface Field<N extends string = string> {
  name: N
  label: string
  /** Of a number; a field without it is a switch, or the choice of a model. */
  unit?: string
  step?: number
  /** What makes a good beginning. */
  first: Value
}

/** What can be set of each detector, in the order of the form. */
export const SEEING_FIELDS: {
  readonly [D in DetectorName]: readonly Field<keyof NonNullable<Detectors[D]> & string>[]
} = {
  motion: [
    { name: 'sensitivity', label: 'Sensitivity', unit: '0–1', step: 0.1, first: 0.5 },
    { name: 'smallestArea', label: 'Smallest', unit: 'px²', step: 10, first: 150 },
    // On a turret the camera turns: what stands still seems to move.
    { name: 'cameraMoves', label: 'The camera turns', first: true },
  ],
  spot: [
    { name: 'contrast', label: 'Contrast', unit: 'of 255', step: 5, first: 40 },
    { name: 'smallestArea', label: 'Smallest', unit: 'px²', step: 1, first: 6 },
  ],
  colour: [
    { name: 'blueness', label: 'Blueness', unit: 'Cb', step: 0.1, first: -0.2 },
    { name: 'redness', label: 'Redness', unit: 'Cr', step: 0.1, first: 0.5 },
    { name: 'tolerance', label: 'Tolerance', unit: '', step: 0.05, first: 0.2 },
    { name: 'smallestArea', label: 'Smallest', unit: 'px²', step: 10, first: 40 },
  ],
  marker: [],
  model: [
    { name: 'name', label: 'Model', first: undefined },
    { name: 'leastScore', label: 'Least score', unit: '0–1', step: 0.05, first: 0.4 },
  ],
}

/** What is looked for, as it is written into a form: whether each detector is on, and its fields. */
export interface SeeingDraft {
  fps: number | undefined
  on: Record<DetectorName, boolean>
  fields: Record<DetectorName, Record<string, Value>>
}

/** The form for what is set; where nothing is, what makes a good beginning. */
export function draftOf(vision: VisionState | undefined): SeeingDraft {
  const set = vision?.detectors ?? {}
  const fieldsOf = (detector: DetectorName): Record<string, Value> => {
    const first = SEEING_FIELDS[detector].map((field): [string, Value] => [field.name, field.first])
    return { ...Object.fromEntries(first), ...set[detector] }
  }
  const each = <T>(of: (detector: DetectorName) => T): Record<DetectorName, T> =>
    Object.fromEntries(DETECTORS.map((detector) => [detector, of(detector)])) as Record<DetectorName, T>
  const draft = {
    fps: vision?.fps ?? 15,
    on: each((detector) => set[detector] !== undefined),
    fields: each(fieldsOf),
  }
  draft.fields.model['name'] ??= vision?.models[0]
  return draft
}

/** What the form asks for. Throws an Error that names what is missing or beyond its bounds. */
export function detectorsOf({ on, fields }: SeeingDraft): Detectors {
  const wanted = DETECTORS.filter((detector) => on[detector])
  for (const detector of wanted) {
    // What is left out the schema would fill in, with something that nobody has read.
    const empty = SEEING_FIELDS[detector].find(({ name }) => fields[detector][name] === undefined)
    if (empty) throw new Error(`${empty.label} is missing.`)
  }
  const { data, error } = detectors.safeParse(
    Object.fromEntries(wanted.map((detector) => [detector, fields[detector]])),
  )
  if (data) return data
  const [issue] = error.issues
  const [detector, name] = (issue?.path ?? []) as [DetectorName?, string?]
  const label = detector && SEEING_FIELDS[detector].find((field) => field.name === name)?.label
  throw new Error(`${label ?? 'The form'}: ${issue?.message ?? 'is not complete'}`)
}
