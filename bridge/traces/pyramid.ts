import { writeFileSync } from 'node:fs'
import { sampleChunks } from './samples.ts'

/** Samples to a block of the lowest level: a chunk of samples is a whole number of them. */
const BLOCK = 32
/** Blocks of a level to one of the next. */
const FACTOR = 4
/** An entry is the least and the most of its block, float32 in this machine's byte order. */
export const ENTRY_BYTES = 8

/** One level of a pyramid: where it lies in the file, and what one entry of it covers. */
export interface Level {
  /** Samples to a block. */
  block: number
  entries: number
  /** Bytes before the first entry. */
  begin: number
}

/** The levels of a trace's pyramid, finest first; they follow from how many samples there are. */
export function levelsOf(points: number): Level[] {
  const levels: Level[] = []
  let begin = 0
  for (let block = BLOCK; ; block *= FACTOR) {
    const entries = Math.ceil(points / block)
    levels.push({ block, entries, begin })
    begin += entries * ENTRY_BYTES
    if (entries <= 1) return levels
  }
}

/** How long a pyramid's file is. */
export function pyramidBytes(points: number): number {
  const last = levelsOf(points).at(-1)
  return last ? last.begin + last.entries * ENTRY_BYTES : 0
}

/** Looks once over all samples of a kept file and writes their pyramid; for worker threads. A block of NaN is NaN. */
export function buildPyramid(samplesFile: string, points: number, into: string): void {
  const [finest, ...coarser] = levelsOf(points)
  const all = new Float32Array(pyramidBytes(points) / 4)
  for (const { from, samples } of sampleChunks(samplesFile)) {
    for (let i = 0; i < samples.length; i += BLOCK) {
      let least = NaN
      let most = NaN
      for (let k = i; k < Math.min(i + BLOCK, samples.length); k++) {
        const value = samples[k]!
        // NaN compares false with everything: the first number takes its place.
        if (!(value >= least) && value === value) least = value
        if (!(value <= most) && value === value) most = value
      }
      const at = ((from + i) / BLOCK) * 2
      all[at] = least
      all[at + 1] = most
    }
  }
  let below = finest!
  for (const level of coarser) {
    for (let entry = 0; entry < level.entries; entry++) {
      const end = Math.min((entry + 1) * FACTOR, below.entries)
      const [least, most] = extremes(all, below.begin / 4, entry * FACTOR, end)
      all[level.begin / 4 + entry * 2] = least
      all[level.begin / 4 + entry * 2 + 1] = most
    }
    below = level
  }
  writeFileSync(into, all, { flag: 'wx' })
}

/** The least and the most of entries [from, to), which begin at `offset` in the array; NaN when none holds a number. */
export function extremes(
  entries: Float32Array,
  offset: number,
  from: number,
  to: number,
): [least: number, most: number] {
  let least = NaN
  let most = NaN
  for (let i = from; i < to; i++) {
    const low = entries[offset + i * 2]!
    const high = entries[offset + i * 2 + 1]!
    if (!(low >= least) && low === low) least = low
    if (!(high <= most) && high === high) most = high
  }
  return [least, most]
}
