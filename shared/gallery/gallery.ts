import { basePath } from '../wire/base-path.ts'
import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { plain } from '../wire/secret.ts'
import { tag } from '../traces/trace.ts'

export const mediaId = plain(
  z.string().regex(/^[a-z0-9-]{1,80}$/, 'an id in the gallery is a-z, 0-9 and -, 80 at most'),
)

/** A still; a recording of the video; a stack of measured frames, recorded beside it. */
export const mediaKind = z.enum(['still', 'recording', 'stack'])
export type MediaKind = z.infer<typeof mediaKind>

export const mediaFormat = z.enum(['tiff', 'png', 'jpeg', 'mp4'])
export type MediaFormat = z.infer<typeof mediaFormat>

const tags = z.array(tag).max(20)
const name = plain(z.string().trim().max(120))

/** What whoever takes something may say about it. */
export const mediaWords = { note: plain(z.string().trim().max(4000)).optional(), tags: tags.optional() }

/** What is tagged so is never deleted by a rule. */
export const KEEP_TAG = 'keep'

/** One file of the gallery. */
export const mediaEntry = z.object({
  id: mediaId,
  kind: mediaKind,
  device: deviceId,
  format: mediaFormat,
  takenAt: z.number().describe('ms since the epoch; of a recording its beginning'),
  durationMs: z.number().optional(),
  bytes: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  frames: z.number().int().optional().describe('of a recording or a stack'),
  dropped: z
    .number()
    .int()
    .optional()
    .describe('frames that the camera took while it ran and that are not in it'),
  phase: z
    .enum(['growing', 'whole', 'cut'])
    .describe('cut: it ended before anybody wanted it to; what was written is there and can be used'),
  ended: z.string().optional().describe('why, for one that was cut'),
  group: mediaId
    .optional()
    .describe('what belongs together: a time lapse, a recording with its parts and stacks'),
  part: z.number().int().optional().describe('the how many-th of its group, from 1'),
  who: z.string().describe('who asked for it'),
  name: name.optional().describe('as people call it'),
  note: mediaWords.note,
  tags,
  facts: z
    .record(z.string(), z.unknown())
    .describe('how it was taken: exposure (ms), gain (dB), pixel size, region and what else the camera says'),
})
export type MediaEntry = z.infer<typeof mediaEntry>

/** The newest that are older than this one come after it in the list. */
const cursor = z.object({ takenAt: z.number(), id: mediaId })
export type MediaCursor = z.infer<typeof cursor>

export const storage = z.object({
  freeBytes: z.number().describe("on the gallery's disk"),
  keepFreeBytes: z.number().describe('so much of it is never filled (recordings.keepFreeGB)'),
  usedBytes: z.number().describe('by the gallery'),
  files: z.number().int(),
})
export type Storage = z.infer<typeof storage>

const mediaFilter = z.object({
  device: deviceId.optional(),
  kind: mediaKind.optional(),
  tag: tag.optional(),
  group: mediaId.optional(),
  text: z
    .string()
    .max(200)
    .optional()
    .describe('each of its words stands in the name, note, tags, device, who took it, format or date'),
  from: z.number().optional().describe('taken then or later, ms since the epoch'),
  to: z.number().optional().describe('taken before'),
  limit: z.number().int().min(1).max(500).default(60),
  before: cursor.optional().describe('goes on after the last one of an earlier answer'),
})
export type MediaFilter = z.output<typeof mediaFilter>

export const galleryCommands = {
  'media.list': command({
    about: 'The stills, recordings and stacks that fit, newest first, and how full the disk is.',
    role: 'viewer',
    input: mediaFilter,
    output: z.object({
      entries: z.array(mediaEntry),
      tags: z.array(z.object({ tag: z.string(), count: z.number().int() })).describe('the most used first'),
      storage,
    }),
  }),
  'media.update': command({
    about: 'Give a still or recording a name, tags and a note; what is left out stays.',
    role: 'operator',
    audited: true,
    input: z.object({ id: mediaId, name: name.optional(), ...mediaWords }),
    output: mediaEntry,
  }),
  'media.remove': command({
    about: 'Delete a still or recording for good.',
    role: 'operator',
    audited: true,
    input: z.object({ id: mediaId }),
    output: z.object({}),
  }),
}

/** Where a file of the gallery is fetched, one range of it if wanted; `?download` gives it a name of its own. */
export function mediaPath(id: string): string {
  return `${basePath}/api/media/${id}`
}

/** Its picture, a JPEG of 320 px. */
export function thumbnailPath(id: string): string {
  return `${basePath}/api/media/${id}/thumbnail`
}

/** A still that no browser shows, as a JPEG made for looking at. */
export function previewPath(id: string): string {
  return `${basePath}/api/media/${id}/preview`
}
