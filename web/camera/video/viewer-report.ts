import { REPORT_EVERY_MS, type ViewerReport } from '../../../shared/diagnostics/diagnostics.ts'
import { call } from '../../link/call.ts'
import type { Telemetry } from './telemetry.svelte.ts'

/** Tells the bridge every 5 s how this viewer fares, until `signal` aborts. */
export function reportViewer(
  viewer: string,
  way: NonNullable<ViewerReport['way']>,
  telemetry: Telemetry,
  signal: AbortSignal,
): void {
  const timer = setInterval(() => {
    const { shown, link } = telemetry
    const report: Record<string, string | number | undefined> = {
      ...{ way, fps: shown?.fps, latencyMs: shown?.latencyMs, drawMs: shown?.drawMs },
      ...{ networkMs: link?.networkMs, jitterBufferMs: link?.jitterBufferMs, decodeMs: link?.decodeMs },
      ...{ lossPercent: link?.lossPercent, packetsLost: link?.packetsLost, path: link?.path },
      ...{ framesDropped: link?.framesDropped, freezes: link?.freezes },
    }
    const said = Object.entries(report)
      .filter(([, value]) => value !== undefined)
      // A latency below nothing is the clocks' own error.
      .map(([name, value]) => [name, typeof value === 'number' ? Math.max(0, value) : value])
    // It comes again in 5 s: who cannot be told now is told then.
    void call('viewer.report', { viewer, ...(Object.fromEntries(said) as Partial<ViewerReport>) }).catch(
      () => undefined,
    )
  }, REPORT_EVERY_MS)
  signal.addEventListener('abort', () => clearInterval(timer))
}
