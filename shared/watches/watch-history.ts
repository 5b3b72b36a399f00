import { basePath } from '../wire/base-path.ts'
import { z } from 'zod'
import { pixelBox } from './watch-box.ts'

/** One check that is over. */
export const watchCheck = z.object({
  seq: z.number().int().describe('rises by one with each check of its watch'),
  at: z.number().describe('when it ended, ms since the epoch'),
  tookMs: z.number(),
  outcome: z.enum(['ok', 'changed', 'failed']),
  value: z.union([z.number(), z.string()]).optional(),
  unit: z.string().optional(),
  message: z.string().optional().describe('why it failed, or what has changed'),
  by: z.string().optional().describe('who asked for it; absent when it was due'),
  snapshot: z
    .enum(['text', 'image', 'trace'])
    .optional()
    .describe('what is kept of it: watch.snapshot has it'),
  picture: z.literal(true).optional().describe('of a page: its screenshot is kept as well'),
})
export type WatchCheck = z.infer<typeof watchCheck>

const side = z.object({ seq: z.number().int(), at: z.number() })

export const textChunk = z.object({ op: z.enum(['same', 'added', 'removed']), text: z.string() })
export type TextChunk = z.infer<typeof textChunk>

const curve = z.array(z.number()).describe('as many as `points`; NaN does not occur')

/** What was seen by one check, and how it differs from an earlier one. */
export const watchSnapshot = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('text'),
    ...side.shape,
    text: z.string(),
    cut: z.boolean().describe('it was longer than what is kept'),
    against: side.optional(),
    difference: z.array(textChunk).optional().describe('by lines, from `against` to this one'),
    picture: z.string().optional().describe('the path of its screenshot'),
  }),
  z.object({
    kind: z.literal('image'),
    ...side.shape,
    path: z.string().describe('of the PNG'),
    width: z.number().int(),
    height: z.number().int(),
    against: side.extend({ path: z.string() }).optional(),
    changed: pixelBox.optional().describe('where the two differ, px of the image; absent where they do not'),
    share: z.number().optional().describe('of the pixels that differ, 0 to 1'),
  }),
  z.object({
    kind: z.literal('trace'),
    ...side.shape,
    trace: z.string().describe('its id in the trace library; it may have been deleted there meanwhile'),
    unit: z.string(),
    axisUnit: z.string(),
    start: z.number().describe("point i lies at start + i * step, in the axis' unit"),
    step: z.number(),
    points: z.number().int().describe('2000 at most: of more, every so-manyth, and the worst of each'),
    values: curve,
    reference: curve.optional(),
    above: z.number().optional().describe('the mask over the reference'),
    below: z.number().optional(),
    worst: z
      .object({ at: z.number(), by: z.number() })
      .optional()
      .describe('where it is furthest from the reference, and how far'),
    peak: z.object({ at: z.number(), value: z.number() }).optional().describe('the peak that was found'),
    near: z.number().optional().describe('where that peak belongs'),
  }),
])
export type WatchSnapshot = z.infer<typeof watchSnapshot>

/** Where the picture of a check is fetched. */
export function watchPicturePath(id: string, seq: number | string): string {
  return `${basePath}/api/watches/${id}/${seq}.png`
}

/** Where a picture is fetched that is not kept: of a draft that was tried, or of a page that is picked from. */
export function passingPicturePath(name: string): string {
  return `${basePath}/api/watches/passing/${name}.png`
}
