import { z } from 'zod'

/** The bridge hears nothing of its guardian for so long: the guardian counts as dead. */
export const GUARDIAN_LOST_MS = 1000

/** What every page is told of the guardian: the process beside the bridge that makes devices safe when the bridge cannot. */
export const guardianState = z.object({
  state: z
    .enum(['present', 'lost', 'without'])
    .describe(
      'lost: nothing may emit until it is back; without: the bridge was started with --without-guardian, and light that is on stays on when the bridge dies',
    ),
  since: z.number().describe('ms since the epoch'),
  startedAt: z
    .number()
    .optional()
    .describe('when it was started, ms since the epoch: a stop ticket is good for one start'),
  port: z.number().int().optional().describe('its own HTTP port, on the host of the bridge'),
  path: z
    .string()
    .optional()
    .describe('where a proxy offers that port instead, on the origin of the page: begins with /'),
})
export type GuardianState = z.infer<typeof guardianState>

/** A key that is good for the emergency stop and nothing else, on the guardian's own port. */
export const stopTicket = z.object({
  ticket: z.string().max(512),
  expiresAt: z.number().describe('ms since the epoch'),
})
export type StopTicket = z.infer<typeof stopTicket>

/** What `POST /api/estop` takes on the guardian's port: JSON of 1 kB at most. */
export const guardianStopRequest = z.strictObject({
  ticket: z.string().max(512),
  why: z.string().max(200).optional(),
})

/** What it answers once the stop is on its way: `by` says whether the bridge or the guardian itself has sent it. */
export const guardianStopAnswer = z.object({
  stopMs: z.number().describe("from the request's arrival until every safe command was on its wire"),
  by: z.enum(['bridge', 'guardian']),
})
export type GuardianStopAnswer = z.infer<typeof guardianStopAnswer>
