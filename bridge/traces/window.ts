import { open } from 'node:fs/promises'
import type { TraceInfo, TraceWindow } from '../../shared/traces/trace.ts'
import { indexOf, placeOf, type TraceAxis } from '../../shared/traces/trace-axis.ts'
import { ENTRY_BYTES, extremes, type Level, levelsOf } from './pyramid.ts'
import { readBytes, readSamples } from './samples.ts'

/** So many blocks make a column at least: columns are whole blocks, and what that rounds away stays small. */
const BLOCKS_A_COLUMN = 4

/** What a plot shows of a trace: column c covers start + c * step of this axis up to the next one. */
export interface Columns {
  axis: TraceAxis
  /** The least of every column, then the most of every column; NaN where there is no number. */
  values: Float32Array<ArrayBuffer>
}

/**
 * The least and the most of each column of a window, read from disk: from the samples where it is narrow, else from
 * the pyramid, some hundred kB at most. Columns begin on whole blocks, so there are up to `width` of them, and the
 * first may begin a little before `from`. Where a column would be less than a sample, samples are answered one by one.
 */
export async function readWindow(
  info: TraceInfo,
  files: { samples: string; pyramid: () => Promise<string> },
  { from, to, width }: TraceWindow,
): Promise<Columns> {
  const last = info.points - 1
  const { axis } = info
  const first = clamp(Math.floor(from === undefined ? 0 : indexOf(axis, from)), 0, last)
  const end = clamp(Math.ceil(to === undefined ? last : indexOf(axis, to)), first, last) + 1
  const wanted = Math.max(1, Math.ceil((end - first) / width))
  const level = levelsOf(info.points).findLast(({ block }) => block * BLOCKS_A_COLUMN <= wanted)
  const column = level ? Math.ceil(wanted / level.block) * level.block : wanted
  const begin = level ? first - (first % level.block) : first
  const columns = Math.ceil((end - begin) / column)
  const entries = level
    ? await readEntries(await files.pyramid(), level, begin / level.block, Math.ceil(end / level.block))
    : asEntries(await readSamples(files.samples, begin, end))
  const perColumn = level ? column / level.block : column
  const values = new Float32Array(columns * 2)
  for (let c = 0; c < columns; c++) {
    const stop = Math.min((c + 1) * perColumn, entries.length / 2)
    const [least, most] = extremes(entries, 0, c * perColumn, stop)
    values[c] = least
    values[columns + c] = most
  }
  return { axis: { ...axis, start: placeOf(axis, begin), step: column * axis.step }, values }
}

async function readEntries(file: string, level: Level, from: number, to: number): Promise<Float32Array> {
  const handle = await open(file, 'r')
  try {
    const bytes = await readBytes(handle, level.begin + from * ENTRY_BYTES, (to - from) * ENTRY_BYTES)
    return new Float32Array(bytes.buffer)
  } finally {
    await handle.close()
  }
}

function asEntries(samples: Float32Array): Float32Array {
  const entries = new Float32Array(samples.length * 2)
  for (let i = 0; i < samples.length; i++) entries[2 * i] = entries[2 * i + 1] = samples[i]!
  return entries
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
