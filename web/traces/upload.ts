import { BenchError, type Result, unwrap } from '../../shared/wire/errors.ts'
import { type TraceInfo, TRACES_PATH } from '../../shared/traces/trace.ts'
import { uploadAxis } from './upload-axes.ts'

const DEADLINE_MS = 300_000

/** What is said of a file that it does not say itself; empty members are left out. */
export interface UploadDraft {
  name: string
  tags: string
  unit: string
  /** One of UPLOAD_AXES, which also says what the next two are in. */
  axis: string
  start: number | undefined
  step: number | undefined
}

/** The query that goes with a file. */
export function uploadQuery({ name, tags, unit, axis, start, step }: UploadDraft): string {
  const along = uploadAxis(axis)
  const query = new URLSearchParams({
    ...(name.trim() && { name: name.trim() }),
    ...(tags.trim() && { tags: tags.trim() }),
    ...(unit && { unit }),
    ...(axis && { axisUnit: axis }),
    ...(start !== undefined && { start: String(start * along.start.factor) }),
    ...(step !== undefined && { step: String(step * along.step.factor) }),
  })
  return query.size === 0 ? '' : `?${query.toString()}`
}

/** Sends a file to the library. Throws the BenchError that the bridge answers, or one that says why it did not. */
export async function uploadTrace(file: Blob, draft: UploadDraft): Promise<TraceInfo> {
  let response: Response
  try {
    response = await fetch(TRACES_PATH + uploadQuery(draft), {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: file,
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
  } catch (cause) {
    const message = 'The bridge did not take the file: it may be too large, or the bridge is out of reach.'
    throw new BenchError('connection.lost', message, { cause })
  }
  const result = (await response.json().catch(() => undefined)) as Result<TraceInfo> | undefined
  if (typeof result?.ok === 'boolean') return unwrap(result)
  throw new BenchError('internal', `The bridge answered ${response.status} to the file. Its log says why.`)
}
