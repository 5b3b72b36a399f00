import { z } from 'zod'

/** Of a camera whose picture others push in: how, where to, and who does; without `by` nobody does. */
export const inletState = z.object({
  way: z.enum(['whip', 'rtp']),
  at: z.string().describe('a path of the bridge, or host and port'),
  by: z
    .object({
      name: z.string(),
      address: z.string(),
      codec: z.enum(['h264', 'vp8']),
      since: z.number().describe('ms since the epoch'),
    })
    .optional(),
})
export type InletState = z.infer<typeof inletState>
