import { z } from 'zod'
import { command } from './command.ts'
import { deviceId } from './device.ts'

export const traceId = z.string().regex(/^[a-z0-9-]{1,80}$/, 'a trace name is a-z, 0-9 and -, 80 at most')

/** What is kept beside a trace's samples. Sample i lies at startM + i * stepM (metres). */
export const traceInfo = z.object({
  id: traceId,
  device: deviceId,
  channel: z.number().int(),
  type: z.number().int(),
  label: z.string(),
  takenAt: z.number().describe('ms since the epoch'),
  points: z.number().int(),
  startM: z.number(),
  stepM: z.number(),
  unit: z.string(),
})
export type TraceInfo = z.infer<typeof traceInfo>

export const traceCommands = {
  'trace.list': command({
    about: 'The kept traces, newest first.',
    role: 'viewer',
    input: z.object({ device: deviceId.optional(), limit: z.number().int().min(1).max(1000).default(100) }),
    output: z.array(traceInfo),
  }),
}

/** Where a trace's samples are fetched: NPY, one axis, float32 big-endian as the instrument sent them. */
export function traceSamplesPath(id: string): string {
  return `/api/traces/${id}.npy`
}
