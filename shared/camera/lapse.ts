import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { mediaId, mediaWords } from '../gallery/gallery.ts'
import { stillFormat } from './still.ts'

/** A camera's time lapse, in its topic: the one that runs, or how the last one ended. */
export const lapseState = z.object({
  phase: z.enum(['running', 'done', 'stopped']),
  group: mediaId.describe('of its stills in the gallery'),
  since: z.number().describe('ms since the epoch'),
  everyS: z.number(),
  of: z.number().int().optional().describe('how many it will be; until it is stopped when left out'),
  taken: z.number().int(),
  missed: z.number().int().describe('that were due and could not be taken'),
  nextAt: z.number().optional(),
  problem: z.string().optional().describe('why the last one that was missed was'),
})
export type LapseState = z.infer<typeof lapseState>

export const lapseCommands = {
  'camera.lapse.start': command({
    about:
      'Take a still again and again and keep them as a series. It goes on after a restart of the bridge.',
    role: 'operator',
    audited: true,
    input: z.object({
      device: deviceId,
      everyS: z.number().min(0.5).max(86_400),
      count: z.number().int().min(1).max(1_000_000).optional().describe('so many, the first at once'),
      untilS: z
        .number()
        .min(0.5)
        .max(31_536_000)
        .optional()
        .describe('for so long, when `count` is left out'),
      format: stillFormat.default('tiff'),
      ...mediaWords,
    }),
    output: lapseState,
  }),
  'camera.lapse.stop': command({
    about: "End a camera's time lapse; what was taken stays.",
    role: 'operator',
    audited: true,
    input: z.object({ device: deviceId }),
    output: lapseState,
  }),
}
