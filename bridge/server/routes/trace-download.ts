import type { Context } from 'koa'
import { BenchError } from '../../../shared/wire/errors.ts'
import { TRACE_FORMATS, type TraceFormat } from '../../../shared/traces/trace.ts'
import type { Caller } from '../../device/device.ts'
import type { TraceStore } from '../../traces/traces.ts'
import { parameter } from '../route.ts'
import { fileName, sendFile } from './send-file.ts'

const TYPES: Record<TraceFormat, string> = {
  npy: 'application/octet-stream',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  h5: 'application/x-hdf5',
}

/**
 * `GET /api/traces/<id>.<format>`. NPY comes from disk as it is sent, all of it or one range; the others are made for
 * this answer by a thread, on disk, and come from there. Throws `trace.unknown`, for a format that is none as well.
 */
export async function sendTrace(context: Context, traces: TraceStore, { signal }: Caller): Promise<void> {
  const [, id = '', ending = ''] = /^([^.]*)\.(\w+)$/.exec(parameter(context, 'file')) ?? []
  const format = TRACE_FORMATS.find((each) => each === ending)
  if (!format) {
    const known = TRACE_FORMATS.map((each) => `.${each}`).join(', ')
    throw new BenchError('trace.unknown', `a trace is asked for by its id and one of ${known}`)
  }
  const info = traces.known(id)
  if (format === 'npy') await sendFile(context, traces.samplesFile(id))
  else {
    context.set('Cache-Control', 'private, no-cache')
    context.status = 200
    if (context.method !== 'HEAD') {
      const file = await traces.exported(id, format, signal)
      context.length = (await file.stat()).size
      context.body = file.createReadStream()
    }
  }
  if (context.status === 200 || context.status === 206) {
    context.attachment(`${fileName(info.name, info.id)}.${format}`)
    context.type = TYPES[format]
  }
}
