import { z } from 'zod'

/**
 * What the simulated turret says of itself to simulated cameras, a line of JSON each: where it truly is, whatever its
 * controller counts, and what light comes out of it.
 */
export const worldLine = z.object({
  /** process.hrtime, ns: one clock for all processes of a machine. */
  ns: z.string().regex(/^\d+$/),
  /** Both axes, machine mm. */
  mm: z.tuple([z.number(), z.number()]),
  /** 0 to 1. */
  power: z.number(),
})
export type WorldLine = z.infer<typeof worldLine>

/** How often it is said; a change of light is said at once besides. */
export const WORLD_PERIOD_MS = 5
