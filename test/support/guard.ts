import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Guardian } from '../../bridge/control/device-guards.ts'
import { DeviceGuards } from '../../bridge/control/device-guards.ts'
import type { DeviceGuard } from '../../bridge/core/guard.ts'
import { LatchFile } from '../../bridge/core/latch.ts'
import type { SafePlan } from '../../bridge/core/safe-plan.ts'

/** A guardian that permits everything and does nothing. */
export const noGuardian: Guardian = { require: () => {}, protect: () => {}, may: () => true }

export const noGuards = (): DeviceGuards => new DeviceGuards(noGuardian)

/** A guard that notes what it is told, in order; `refuse` is what `mayEmit` throws while it is set. */
export class NotedGuard implements DeviceGuard {
  readonly said: string[] = []
  plan: SafePlan | undefined
  refuse: Error | undefined
  reason: string | undefined

  protect(plan: SafePlan): void {
    this.plan = plan
  }
  mayEmit(): void {
    if (this.refuse) throw this.refuse
    this.said.push('mayEmit')
  }
  seenEmitting(): void {
    this.said.push('seenEmitting')
  }
  seenDark(): void {
    this.said.push('seenDark')
  }
  mayMove(): void {
    this.said.push('mayMove')
  }
  seenAtRest(): void {
    this.said.push('seenAtRest')
  }
  ending(why: string): void {
    this.reason ??= why
    this.said.push(`ending: ${why}`)
  }
}

/** A latch of its own, in a folder of its own. */
export const freshLatch = (): LatchFile => new LatchFile(mkdtempSync(join(tmpdir(), 'lightbench-')))
