import {
  CAMERA_STAGES,
  type Stage,
  type Stages,
  VIEWER_STAGES,
} from '../../shared/diagnostics/diagnostics.ts'

/** A stage on the way from the sensor to the screen: its bar begins where the one before ends. All in ms; fractions of the whole for drawing. */
export interface Step {
  stage: Stage
  /** Where it happens. */
  side: 'camera' | 'viewer'
  count: number
  medianMs: number
  p95Ms: number
  from: number
  median: number
  p95: number
}

/** The stages in the order in which a frame goes through them, those left out of which nothing is known. */
export function waterfall(stages: Stages): Step[] {
  const known = [...CAMERA_STAGES, ...VIEWER_STAGES].flatMap((stage) => {
    const summary = stages[stage]
    return summary ? [{ stage, ...summary }] : []
  })
  let begin = 0
  const placed = known.map((step) => {
    const from = begin
    begin += step.medianMs
    return { ...step, from }
  })
  const whole = Math.max(
    ...placed.map(({ from, p95Ms, medianMs }) => from + Math.max(p95Ms, medianMs)),
    0.001,
  )
  return placed.map(({ from, ...step }) => ({
    ...step,
    side: (CAMERA_STAGES as readonly Stage[]).includes(step.stage) ? 'camera' : 'viewer',
    from: from / whole,
    median: step.medianMs / whole,
    p95: Math.max(0, step.p95Ms - step.medianMs) / whole,
  }))
}
