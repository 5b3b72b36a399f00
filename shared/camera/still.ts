import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { mediaEntry, mediaWords } from '../gallery/gallery.ts'

/** TIFF and PNG hold what the sensor measured; JPEG is to look at. */
export const stillFormat = z.enum(['tiff', 'png', 'jpeg'])
export type StillFormat = z.infer<typeof stillFormat>

/** A still that is not kept, by the ending of its path: `/api/cameras/<id>/still.tiff`. */
export const STILL_ENDINGS: Readonly<Record<string, StillFormat>> = {
  tiff: 'tiff',
  png: 'png',
  jpg: 'jpeg',
}

export const stillCommands = {
  'camera.still': command({
    about:
      'Take a still and keep it in the gallery: of the first frame that was exposed after the last change of settings.',
    role: 'operator',
    audited: true,
    input: z.object({ device: deviceId, format: stillFormat.default('tiff'), ...mediaWords }),
    output: mediaEntry,
  }),
}
