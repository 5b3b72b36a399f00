import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { mediaEntry, mediaId, mediaWords } from '../gallery/gallery.ts'

/** A camera's recording, in its topic: the one that runs, or how the last one ended. */
export const recordingState = z.object({
  phase: z
    .enum(['running', 'waiting', 'done', 'cut'])
    .describe('waiting: for the camera, to go on with a next part'),
  id: mediaId.describe('of its newest part in the gallery'),
  since: z.number().describe('ms since the epoch'),
  until: z.number().optional().describe('when it ends by itself'),
  part: z.number().int().describe('from 1; another each time that the camera had to start again'),
  durationMs: z.number().describe('of all its parts'),
  bytes: z.number().describe('of all its parts, the measured frames included'),
  freeBytes: z.number().describe('on the disk, beyond what is always kept free'),
  frames: z.number().int(),
  dropped: z.number().int().describe('frames that the camera took meanwhile and that are not in it'),
  measured: z
    .object({ frames: z.number().int(), dropped: z.number().int() })
    .optional()
    .describe('the stack of measured frames beside it'),
  reason: z.string().optional().describe('why it was cut, or waits'),
})
export type RecordingState = z.infer<typeof recordingState>

export const recordingCommands = {
  'camera.record.start': command({
    about:
      'Record the video as it is sent, without encoding it again, and the measured frames beside it if wanted.',
    role: 'operator',
    audited: true,
    input: z.object({
      device: deviceId,
      durationS: z.number().min(0.5).max(604_800).optional().describe('until it is stopped when left out'),
      measured: z
        .enum(['tiff'])
        .optional()
        .describe('also every frame as it was measured, as one TIFF of many pages'),
      ...mediaWords,
    }),
    output: mediaEntry,
  }),
  'camera.record.stop': command({
    about: "End a camera's recording; answers its last part.",
    role: 'operator',
    audited: true,
    input: z.object({ device: deviceId }),
    output: mediaEntry,
  }),
}
