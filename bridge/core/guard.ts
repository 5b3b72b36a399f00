import type { SafePlan } from './safe-plan.ts'

/**
 * What a driver says of its device's emission and motion, as it happens: the guardian and every page know it from here.
 * A device that never emits nor moves calls none of it but `protect`, if a stop has something to send to it.
 */
export interface DeviceGuard {
  /** How the device is made safe; said again each time that it has opened, before anything can emit. */
  protect(plan: SafePlan): void
  /**
   * Before bytes leave that may make the device emit, also those of share ports and of the console: the guardian knows
   * of it when this returns. Throws `guardian.lost` where nobody would end the emission of a dead bridge.
   */
  mayEmit(): void
  /** The device itself says that it emits, whoever ordered that. Never throws. */
  seenEmitting(): void
  /** Read back from the device: nothing emits. Nothing else takes `mayEmit` back. */
  seenDark(): void
  /** Before bytes leave that may make the device move. */
  mayMove(): void
  /** Read back from the device: nothing moves. */
  seenAtRest(): void
  /** Why the emission of now ends, or has just ended, in words: the lease, an interlock, a fault … Shown until the next begins. */
  ending(why: string): void
  /** The reason that `ending` was given last, while it says anything of now. */
  readonly reason: string | undefined
}
