import { parentPort } from 'node:worker_threads'
import { BenchError } from '../../../shared/errors.ts'
import { exportTrace } from './export.ts'
import { importFile } from './import.ts'
import type { JobAnswer, JobRequest, Jobs } from './jobs.ts'
import { findPeaks } from './peaks.ts'
import { buildPyramid } from './pyramid.ts'
import { loadSamples } from './samples.ts'

const jobs: Jobs = {
  pyramid: ({ samples, points, into }) => buildPyramid(samples, points, into),
  peaks: ({ samples, info, search }) => {
    const indexOf = (metres: number): number => Math.round((metres - info.startM) / info.stepM)
    const from = Math.max(0, search.fromM === undefined ? 0 : indexOf(search.fromM))
    const to = Math.min(info.points, search.toM === undefined ? info.points : indexOf(search.toM) + 1)
    if (to <= from) return { found: 0, peaks: [] }
    const axis = { ...info, startM: info.startM + from * info.stepM }
    return findPeaks(loadSamples(samples, from, to), axis, search)
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
