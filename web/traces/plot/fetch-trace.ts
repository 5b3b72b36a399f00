import { BenchError } from '../../../shared/wire/errors.ts'
import { authorization } from '../../link/credentials.ts'
import { decodeNpy } from '../../../shared/traces/npy.ts'
import {
  traceSamplesPath,
  type TraceInfo,
  type TraceWindow,
  traceWindowPath,
  WINDOW_START,
  WINDOW_STEP,
} from '../../../shared/traces/trace.ts'

const DEADLINE_MS = 60_000

/** A trace's samples from the bridge. Throws `trace.unknown`, `connection.lost`, or what fetch does when the signal aborts. */
export async function fetchSamples(
  info: TraceInfo,
  signal?: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> {
  const response = await ask(traceSamplesPath(info.id), info, signal)
  return decodeNpy(await response.arrayBuffer())
}

/** The least and the most of each column of a trace, for a small picture of it. Throws as fetchSamples does. */
export async function fetchWindow(
  info: TraceInfo,
  window: Partial<TraceWindow>,
  signal?: AbortSignal,
): Promise<{ start: number; step: number; least: Float32Array; most: Float32Array }> {
  const response = await ask(traceWindowPath(info.id, window), info, signal)
  const values = decodeNpy(await response.arrayBuffer())
  return {
    start: Number(response.headers.get(WINDOW_START)),
    step: Number(response.headers.get(WINDOW_STEP)),
    least: values.subarray(0, values.length / 2),
    most: values.subarray(values.length / 2),
  }
}

async function ask(path: string, { name, label }: TraceInfo, signal?: AbortSignal): Promise<Response> {
  const deadline = AbortSignal.timeout(DEADLINE_MS)
  let response: Response
  try {
    response = await fetch(path, {
      headers: authorization(),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    const message = 'The bridge cannot be reached. Try again once it is back.'
    throw new BenchError('connection.lost', message, { cause })
  }
  if (response.ok) return response
  const what = `The trace ${name ?? label}`
  if (response.status === 404) throw new BenchError('trace.unknown', `${what} is no longer kept.`)
  throw new BenchError('internal', `${what}: the bridge answered ${response.status}. Its log says why.`)
}
