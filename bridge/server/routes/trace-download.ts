import { open, stat } from 'node:fs/promises'
import type { Context } from 'koa'
import { BenchError } from '../../../shared/errors.ts'
import { TRACE_FORMATS, type TraceFormat, type TraceInfo } from '../../../shared/trace.ts'
import type { Caller } from '../../core/device.ts'
import type { TraceStore } from '../../store/traces.ts'
import { parameter } from '../route.ts'
import { isKnown, parseRange, rangeCounts } from './trace-range.ts'

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
  if (format === 'npy') await sendSamples(context, traces.samplesFile(id))
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
    context.attachment(`${fileName(info)}.${format}`)
    context.type = TYPES[format]
  }
}

async function sendSamples(context: Context, path: string): Promise<void> {
  const { size, mtime, mtimeMs } = await stat(path)
  const etag = `"${size.toString(36)}-${Math.round(mtimeMs * 1000).toString(36)}"`
  context.set('ETag', etag)
  context.lastModified = mtime
  context.set('Accept-Ranges', 'bytes')
  // Samples never change, but a trace that is deleted should not be had from a cache for long.
  context.set('Cache-Control', 'private, no-cache')
  if (isKnown(context.get('If-None-Match') || undefined, etag)) {
    context.status = 304
    return
  }
  const counts = rangeCounts(context.get('If-Range') || undefined, etag, mtime)
  const range = counts && context.method === 'GET' ? parseRange(context.get('Range'), size) : undefined
  if (range === 'unsatisfiable') {
    context.status = 416
    context.set('Content-Range', `bytes */${size}`)
    return
  }
  const { from, to } = range ?? { from: 0, to: size - 1 }
  if (range) context.set('Content-Range', `bytes ${from}-${to}/${size}`)
  context.status = range ? 206 : 200
  if (context.method !== 'HEAD') {
    // Opened before the answer begins: a file that cannot be is an error then, and not an answer that breaks off.
    const file = await open(path, 'r')
    context.body = file.createReadStream({ start: from, end: to })
  }
  context.length = to - from + 1
}

/** A name that every file system takes: the trace's own where it has one. */
function fileName({ id, name }: TraceInfo): string {
  const clean = name
    ?.normalize('NFC')
    .replace(/[^\p{L}\p{N} ._+-]+/gu, '-')
    .replace(/^[ .-]+|[ .-]+$/g, '')
    .slice(0, 80)
  return clean || id
}
