import { endianness } from 'node:os'
import type { Context } from 'koa'
import { BenchError, explainIssues } from '../../../shared/wire/errors.ts'
import { npyHeader } from '../../../shared/traces/npy.ts'
import {
  MOST_UPLOAD_BYTES,
  TRACES_PATH,
  traceUpload,
  traceWindow,
  WINDOW_START,
  WINDOW_STEP,
  WINDOW_UNIT,
} from '../../../shared/traces/trace.ts'
import type { Caller } from '../../device/device.ts'
import type { TraceStore } from '../../traces/traces.ts'
import type { Call } from '../call.ts'
import { parameter, type Route } from '../route.ts'
import { sendTrace } from './trace-download.ts'

/** What a trace may be sent as; JSON would go through the parser of commands, and be held in memory. */
const UPLOAD_TYPES = ['application/octet-stream', 'application/x-npy', 'text/csv', 'text/plain']

interface TraceRoutes {
  traces: TraceStore
  audit: (call: Call) => void
}

/** What of the trace library goes over plain HTTP: files in both directions, and what a plot shows. */
export function traceRoutes({ traces, audit }: TraceRoutes): Route[] {
  return [
    {
      method: 'get',
      path: `${TRACES_PATH}/:id/window`,
      role: 'viewer',
      handle: (context) => sendWindow(context, traces),
    },
    {
      method: 'get',
      path: `${TRACES_PATH}/:file`,
      role: 'viewer',
      handle: (context, caller) => sendTrace(context, traces, caller),
    },
    {
      method: 'post',
      path: TRACES_PATH,
      role: 'operator',
      upload: MOST_UPLOAD_BYTES,
      handle: (context, caller) => takeTrace(context, traces, caller, audit),
    },
  ]
}

/** NPY of 2 rows: the least and the most of every column; three header fields say where the columns lie. */
async function sendWindow(context: Context, traces: TraceStore): Promise<void> {
  const window = traceWindow.safeParse(context.query)
  if (!window.success) throw new BenchError('input.invalid', `window: ${explainIssues(window.error)}`)
  const { axis, values } = await traces.window(parameter(context, 'id'), window.data)
  context.set(WINDOW_START, String(axis.start))
  context.set(WINDOW_STEP, String(axis.step))
  // A header field is ASCII, and a unit may be °C.
  context.set(WINDOW_UNIT, encodeURIComponent(axis.unit))
  context.set('Cache-Control', 'private, no-cache')
  context.type = 'application/octet-stream'
  const head = npyHeader([2, values.length / 2], endianness() === 'LE')
  context.body = Buffer.concat([head, new Uint8Array(values.buffer)])
}

async function takeTrace(
  context: Context,
  traces: TraceStore,
  caller: Caller,
  audit: (call: Call) => void,
): Promise<void> {
  const call = { name: 'trace.import', input: { ...context.query }, caller, ms: 0 }
  const begun = performance.now()
  try {
    const upload = traceUpload.safeParse(context.query)
    if (!upload.success) throw new BenchError('input.invalid', `trace.import: ${explainIssues(upload.error)}`)
    if (!context.is(UPLOAD_TYPES)) {
      throw new BenchError('input.invalid', `send the file as the body, as one of ${UPLOAD_TYPES.join(', ')}`)
    }
    // Whoever is turned away in the middle of sending still gets to read why.
    const body = context.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
    const value = await traces.import(body, upload.data, caller.signal)
    context.body = { ok: true, value }
    audit({ ...call, result: { ok: true, value: {} }, ms: performance.now() - begun })
  } catch (error) {
    context.set('Connection', 'close')
    if (error instanceof BenchError) {
      audit({ ...call, result: { ok: false, error: error.toFailure() }, ms: performance.now() - begun })
    }
    throw error
  }
}
