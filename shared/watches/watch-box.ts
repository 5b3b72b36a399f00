import { z } from 'zod'

/** A rectangle in px, from the top left. */
export const pixelBox = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })
export type PixelBox = z.infer<typeof pixelBox>
