import {
  DIAGNOSTICS_SPAN_MS,
  type StageSummary,
  VIEWER_STAGES,
  type ViewerReport,
  type ViewerStage,
} from '../../shared/diagnostics/diagnostics.ts'
import { summaryOf } from '../core/window.ts'

/** What was said at a time. */
export interface Report extends ViewerReport {
  /** By steadyEpochMs: an age that no set clock changes. */
  at: number
}

const KEEPS = 30

/** What viewers say of their side, for as long as they watch. */
export class ViewerReports {
  readonly #byViewer = new Map<string, Report[]>()

  /** Takes a report; of a viewer that says more than it should, the newest count. */
  add(report: ViewerReport, at: number): void {
    const reports = this.#byViewer.get(report.viewer) ?? []
    this.#byViewer.set(report.viewer, [
      ...reports.filter((one) => at - one.at < DIAGNOSTICS_SPAN_MS).slice(1 - KEEPS),
      { ...report, at },
    ])
  }

  /** Forgets whoever watches no longer. */
  keepOnly(viewers: ReadonlySet<string>): void {
    for (const viewer of this.#byViewer.keys()) if (!viewers.has(viewer)) this.#byViewer.delete(viewer)
  }

  /** The newest that a viewer said; undefined when it has said nothing. */
  newest(viewer: string): Report | undefined {
    return this.#byViewer.get(viewer)?.at(-1)
  }

  /** The stages at these viewers in the last minute, over all their reports. */
  stages(viewers: readonly string[], now: number): Partial<Record<ViewerStage, StageSummary>> {
    const stages: Partial<Record<ViewerStage, StageSummary>> = {}
    for (const stage of VIEWER_STAGES) {
      const summary = this.#summary(viewers, now, `${stage}Ms`)
      if (summary) stages[stage] = summary
    }
    return stages
  }

  /** From made to shown, as these viewers measured it. */
  latency(viewers: readonly string[], now: number): StageSummary | undefined {
    return this.#summary(viewers, now, 'latencyMs')
  }

  #summary(
    viewers: readonly string[],
    now: number,
    member: `${ViewerStage}Ms` | 'latencyMs',
  ): StageSummary | undefined {
    const values = viewers.flatMap((viewer) =>
      (this.#byViewer.get(viewer) ?? [])
        .filter(({ at }) => now - at < DIAGNOSTICS_SPAN_MS)
        .flatMap((report) => report[member] ?? []),
    )
    return summaryOf(values.sort((a, b) => a - b))
  }
}
