import { BenchError, type Result, unwrap } from '../../../shared/errors.ts'
import { type TraceInfo, TRACES_PATH } from '../../../shared/trace.ts'

const DEADLINE_MS = 300_000

/** What is said of a file that it does not say itself; empty members are left out. Wavelengths in nm, steps in pm. */
export interface UploadDraft {
  name: string
  tags: string
  unit: '' | 'dB' | 'dBm' | 'mW'
  startNm: number | undefined
  stepPm: number | undefined
}

/** The query that goes with a file. */
export function uploadQuery({ name, tags, unit, startNm, stepPm }: UploadDraft): string {
  const query = new URLSearchParams({
    ...(name.trim() && { name: name.trim() }),
    ...(tags.trim() && { tags: tags.trim() }),
    ...(unit && { unit }),
    ...(startNm !== undefined && { startM: String(startNm * 1e-9) }),
    ...(stepPm !== undefined && { stepM: String(stepPm * 1e-12) }),
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
