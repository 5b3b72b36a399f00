import { z } from 'zod'

/** One firing: how many pulses, how long each, how dark it is between them, how strong. */
export const burst = z.object({
  pulses: z.number().int().min(1).max(1000).default(1),
  pulseMs: z
    .number()
    .positive()
    .max(60_000)
    .default(100)
    .describe('a whole number of the steps in which the controller times; refused otherwise'),
  gapMs: z
    .number()
    .min(0)
    .max(60_000)
    .default(0)
    .describe('dark between two pulses, at least; rounded up to the steps in which the controller times'),
  powerPercent: z.number().positive().max(100),
})
export type Burst = z.infer<typeof burst>
