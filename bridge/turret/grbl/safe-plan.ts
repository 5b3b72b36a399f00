import type { SafePlan } from '../../core/safe-plan.ts'
import type { WireOptions } from '../../transport/resource.ts'
import type { Config } from './config.ts'
import { HOLD, JOG_CANCEL, RESET } from './wire.ts'

/** What makes it dark and still, in this order: a hold that came after the reset would suspend the controller that has just begun anew. */
export const SAFE_BYTES = [JOG_CANCEL, HOLD, RESET]

/** At rest or braked, with feed and laser at 0, and neither S nor C among what is on. A report without FS: proves nothing. */
const SAFE_REPORT =
  '^<(?:Idle|Check|Sleep|Alarm(?::\\d+)?|Hold:0|Door:[01])(?=[^<>]*\\|FS:0(?:\\.0*)?,0(?:\\.0*)?[,|>])(?![^<>]*\\|A:[^|<>]*[SC])[^<>]*>'

/** How the turret is made safe by a program that knows nothing of it. */
export function safePlan({ resource, guard }: Config, wire: WireOptions): SafePlan {
  return {
    resource,
    wire,
    guard,
    clearing: '',
    messages: SAFE_BYTES,
    proofs: [{ ask: '?', answer: '^<', safe: SAFE_REPORT }],
  }
}
