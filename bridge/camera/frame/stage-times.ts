import {
  CAMERA_STAGES,
  type CameraStage,
  DIAGNOSTICS_SPAN_MS,
  type Stages,
} from '../../../shared/diagnostics/diagnostics.ts'
import { TimeWindow } from '../../core/window.ts'

/** A minute at 60 frames a second; of a quicker camera it is the newest so many. */
const KEEPS = 3600

/** How long each stage took, frame by frame. */
export class StageTimes {
  readonly #windows: Record<CameraStage, TimeWindow>

  constructor(keeps = KEEPS) {
    const windows = CAMERA_STAGES.map((stage) => [stage, new TimeWindow(DIAGNOSTICS_SPAN_MS, keeps)] as const)
    this.#windows = Object.fromEntries(windows) as Record<CameraStage, TimeWindow>
  }

  /** A frame has been through a stage, in so many ms. Below 0 is a clock that was set: it says nothing. */
  mark(stage: CameraStage, ms: number, at?: number): void {
    if (ms >= 0) this.#windows[stage].note(ms, at)
  }

  /** Of the last minute; a stage that nothing went through is left out. */
  summary(now?: number): Partial<Pick<Stages, CameraStage>> {
    const stages: Partial<Pick<Stages, CameraStage>> = {}
    for (const stage of CAMERA_STAGES) {
      const summary = this.#windows[stage].summary(now)
      if (summary) stages[stage] = summary
    }
    return stages
  }
}

/** Those of this process, which is one camera's. */
export const stageTimes = new StageTimes()
