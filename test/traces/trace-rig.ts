import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { TraceStore } from '../../bridge/traces/traces.ts'
import type { TraceFacts } from '../../bridge/device/trace-keeper.ts'
import type { TraceInfo } from '../../shared/traces/trace.ts'

export const log = pino({ level: 'silent' })

/** A trace library of its own, in a folder of its own. */
export async function library(): Promise<{ store: TraceStore; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
  return { store: await TraceStore.open(folder, log), folder }
}

export const facts: TraceFacts = {
  device: 'dut',
  channel: 1,
  type: 1,
  label: 'transfer function',
  takenAt: Date.UTC(2026, 2, 9, 14, 3, 22),
  axis: { quantity: 'wavelength', unit: 'm', start: 1.5e-6, step: 1e-13 },
  unit: 'dB',
}

/** Keeps these samples as a trace. */
export function keep(
  store: TraceStore,
  samples: ArrayLike<number>,
  more: Partial<TraceFacts> = {},
): Promise<TraceInfo> {
  const draft = store.draft(samples.length)
  const view = new DataView(draft.samples.buffer, draft.samples.byteOffset)
  for (let i = 0; i < samples.length; i++) view.setFloat32(i * 4, samples[i] ?? NaN)
  return draft.keep({ ...facts, ...more })
}

/** Repeatable noise, mean 0, deviation 1 (Box and Muller, over a Lehmer generator). */
export function noiseFrom(seed: number): () => number {
  let state = seed
  const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}
