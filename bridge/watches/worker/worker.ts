import { parentPort } from 'node:worker_threads'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { JobAnswer, JobRequest, Jobs } from './jobs.ts'
import { seePicture } from '../kinds/picture/measure.ts'
import { changedRegion, dimensions } from '../kinds/picture/png-grey.ts'
import { seeText, textDifference } from '../kinds/page/text.ts'
import { seeTrace } from '../kinds/trace/compare.ts'
import { exportYaml, readImport } from '../transfer/transfer.ts'

const jobs: Jobs = {
  text: seeText,
  picture: seePicture,
  trace: seeTrace,
  difference: textDifference,
  changedRegion,
  dimensions,
  exportYaml,
  readImport,
}

parentPort?.on('message', ({ seq, name, input }: JobRequest) => {
  let answer: JobAnswer
  try {
    answer = { seq, value: jobs[name](input as never) }
  } catch (error) {
    const code = error instanceof BenchError ? error.code : 'internal'
    answer = { seq, failure: { code, message: error instanceof Error ? error.message : String(error) } }
  }
  parentPort?.postMessage(answer)
})
