import { z } from 'zod'

/** An object detector of the user's, as bench.yaml names it. */
export const detectorModel = z.strictObject({
  file: z.string().min(1).describe('an ONNX file; relative to this file'),
  form: z
    .enum(['yolov8', 'yolov5', 'ssd'])
    .default('yolov8')
    .describe(
      'how its answers are laid out: [1, 4 + classes, n], [1, n, 5 + classes], or boxes, classes, scores',
    ),
  width: z.number().int().min(16).max(2048).default(640).describe('of its input, px'),
  height: z.number().int().min(16).max(2048).default(640).describe('of its input, px'),
  scale: z
    .number()
    .positive()
    .default(1 / 255)
    .describe('what a pixel of 0 to 255 is multiplied by'),
  labels: z.array(z.string().max(64)).max(1000).default([]).describe('what it tells apart, in its order'),
})
export type DetectorModel = z.output<typeof detectorModel>
