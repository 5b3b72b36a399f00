import { stat } from 'node:fs/promises'
import type { Context } from 'koa'
import { BenchError } from '../../../shared/wire/errors.ts'
import {
  type MediaEntry,
  type MediaFormat,
  mediaPath,
  previewPath,
  thumbnailPath,
} from '../../../shared/gallery/gallery.ts'
import type { Gallery } from '../../gallery/gallery.ts'
import { parameter, type Route } from '../route.ts'
import { fileName, sendFile } from './send-file.ts'

const TYPES: Record<MediaFormat, string> = {
  tiff: 'image/tiff',
  png: 'image/png',
  jpeg: 'image/jpeg',
  mp4: 'video/mp4',
}
const ENDINGS: Record<MediaFormat, string> = { tiff: 'tif', png: 'png', jpeg: 'jpg', mp4: 'mp4' }

/** The gallery's files over plain HTTP: each whole or one range of it, and its pictures. */
export function mediaRoutes(gallery: Gallery): Route[] {
  return [
    {
      method: 'get',
      path: mediaPath(':id'),
      role: 'viewer',
      handle: (context) => sendMedia(context, gallery),
    },
    {
      method: 'get',
      path: thumbnailPath(':id'),
      role: 'viewer',
      handle: (context) => sendPicture(context, gallery, 'thumbnail'),
    },
    {
      method: 'get',
      path: previewPath(':id'),
      role: 'viewer',
      handle: (context) => sendPicture(context, gallery, 'preview'),
    },
  ]
}

async function sendMedia(context: Context, gallery: Gallery): Promise<void> {
  const id = parameter(context, 'id')
  const { entry } = await gallery.known(id)
  const { path } = await gallery.paths(id)
  await requireFile(path, id)
  await sendFile(context, path)
  if (context.status !== 200 && context.status !== 206) return
  if (context.query['download'] !== undefined) context.attachment(downloadName(entry))
  context.type = TYPES[entry.format]
}

async function sendPicture(
  context: Context,
  gallery: Gallery,
  which: 'thumbnail' | 'preview',
): Promise<void> {
  const id = parameter(context, 'id')
  const { entry } = await gallery.known(id)
  // A JPEG is its own.
  const path = (await gallery.paths(id))[which === 'preview' && entry.format === 'jpeg' ? 'path' : which]
  await requireFile(path, `${id}, its ${which}`)
  await sendFile(context, path)
  if (context.status === 200 || context.status === 206) context.type = TYPES.jpeg
}

/** Somebody may have deleted a file without telling the bridge. */
async function requireFile(path: string, what: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return
  throw new BenchError('media.unknown', `the file of ${what} is not there`)
}

function downloadName({ id, name, format }: MediaEntry): string {
  return `${fileName(name, id)}.${ENDINGS[format]}`
}
