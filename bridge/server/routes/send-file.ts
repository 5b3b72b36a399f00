import { open, stat } from 'node:fs/promises'
import type { Context } from 'koa'
import { isKnown, parseRange, rangeCounts } from './trace-range.ts'

/** Answers a file from disk, all of it or one range, or that it is the one that is known already (RFC 9110). */
export async function sendFile(context: Context, path: string): Promise<void> {
  const { size, mtime, mtimeMs } = await stat(path)
  const etag = `"${size.toString(36)}-${Math.round(mtimeMs * 1000).toString(36)}"`
  context.set('ETag', etag)
  context.lastModified = mtime
  context.set('Accept-Ranges', 'bytes')
  // What is kept never changes, but what is deleted should not be had from a cache for long.
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

/** A name that every file system takes: what people call it, where that leaves anything, else its id. */
export function fileName(name: string | undefined, id: string): string {
  const clean = name
    ?.normalize('NFC')
    .replace(/[^\p{L}\p{N} ._+-]+/gu, '-')
    .replace(/^[ .-]+|[ .-]+$/g, '')
    .slice(0, 80)
  return clean || id
}
