import { parentPort } from 'node:worker_threads'
import { BenchError } from '../../shared/wire/errors.ts'
import { indexOf, placeOf } from '../../shared/traces/trace-axis.ts'
import { exportTrace } from './export.ts'
import { importFile } from './import.ts'
import type { JobAnswer, JobRequest, Jobs } from './jobs.ts'
import { findPeaks } from './peaks.ts'
import { buildPyramid } from './pyramid.ts'
import { loadSamples } from './samples.ts'

const jobs: Jobs = {
  pyramid: ({ samples, points, into }) => buildPyramid(samples, points, into),
  peaks: ({ samples, info, search }) => {
    const { axis, unit, points } = info
    const at = (place: number): number => Math.round(indexOf(axis, place))
    const from = Math.max(0, search.from === undefined ? 0 : at(search.from))
    const to = Math.min(points, search.to === undefined ? points : at(search.to) + 1)
    if (to <= from) return { found: 0, peaks: [] }
    const part = { axis: { ...axis, start: placeOf(axis, from) }, unit }
    return findPeaks(loadSamples(samples, from, to), part, search)
  },
  export: exportTrace,
  import: importFile,
}

parentPort?.on('message', (request: JobRequest) => void answer(request))

async function answer({ seq, name, input }: JobRequest): Promise<void> {
  let said: JobAnswer
  try {
    said = { seq, value: await jobs[name](input as never) }
  } catch (error) {
    said =
      error instanceof BenchError
        ? { seq, failure: error.toFailure() }
        : { seq, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  parentPort?.postMessage(said)
}
