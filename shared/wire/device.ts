import { z } from 'zod'
import { plain } from './secret.ts'

/** A device's name in bench.yaml, in topics and in commands. */
export const deviceId = plain(
  z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a device name is a-z, 0-9 and -, begins with a letter, 32 at most'),
)

/** What a panel is chosen by. */
export const family = z.enum(['camera', 'instrument', 'turret'])
export type Family = z.infer<typeof family>

/** Where a device is in its life. `reason` and `retryAt` (ms since the epoch) only while it is faulted. */
export const lifecycle = z.object({
  phase: z.enum(['opening', 'ready', 'faulted', 'closed']),
  since: z.number(),
  reason: z.string().optional(),
  retryAt: z.number().optional(),
})
export type Lifecycle = z.infer<typeof lifecycle>

/** The emission of a device that can emit: lasers, sweeps, outputs that drive light. */
export const emissionState = z.object({
  emitting: z
    .boolean()
    .describe(
      'whether it emits, or may: true from before the command leaves until the device itself says that nothing emits',
    ),
  since: z.number().describe('when that began, ms since the epoch'),
  ended: z
    .object({
      at: z.number().describe('ms since the epoch'),
      why: z.string().describe('what ended it, in words'),
    })
    .optional()
    .describe('why the last emission was ended before its time; until the next begins'),
})
export type EmissionState = z.infer<typeof emissionState>

/** What every device's topic begins with. */
export const deviceBase = z.object({
  id: deviceId,
  kind: z.string(),
  family,
  title: z.string(),
  lifecycle,
  emission: emissionState.optional().describe('only of a device that can emit'),
  moving: z.boolean().optional().describe('whether it moves, or may; only of a device that can move'),
})
export type DeviceBase = z.infer<typeof deviceBase>
