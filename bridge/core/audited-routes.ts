import { z } from 'zod'
import { deviceId } from '../../shared/wire/device.ts'
import { userName } from '../../shared/access/people.ts'
import { traceUpload } from '../../shared/traces/trace.ts'

const named = z.object({ name: userName })
const aboutDevice = z.object({ device: deviceId })

/** What the audit keeps of calls that are no commands but routes of their own, by the name that it has for them. */
export const auditedRoutes: Readonly<Record<string, z.ZodObject>> = {
  'sign-in': named,
  'set-up': named,
  'sign-out': z.object({}),
  'trace.import': traceUpload,
  'whip.begin': aboutDevice,
  'whip.end': aboutDevice,
}
