import { z } from 'zod'
import { codec } from '../../../shared/camera/camera.ts'

/** What every camera can be told in bench.yaml. */
export const commonConfig = {
  codec: codec.default('h264').describe('h264, or vp8 for viewers without it'),
  bitrateKbps: z
    .number()
    .int()
    .min(100)
    .max(50_000)
    .default(2500)
    .describe('the most that the video may take, kbps'),
  stayAwake: z
    .boolean()
    .default(false)
    .describe(
      'encode also while nobody watches: the first viewer saves some 50 ms, the machine works all day',
    ),
  pixelSizeUm: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe('a side of one pixel as seen at the object, µm: that of the sensor over the magnification'),
  timeCode: z.boolean().default(false).describe('burn the time into the picture, for measuring latency'),
}

/** A side of a picture: video is made of 2x2 blocks. */
export const evenSize = z.number().int().min(64).max(7680).multipleOf(2)
