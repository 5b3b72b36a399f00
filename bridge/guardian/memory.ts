import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { replaceFileNow } from '../core/replace-file.ts'
import { safePlan } from '../core/safe-plan.ts'
import { guardianWeb, lastResort } from './protocol.ts'

const BOOT = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

const remembered = z.object({
  title: z.string().default('Bench'),
  web: guardianWeb.optional().describe('as the bridge said it last'),
  lastResort: lastResort.optional(),
  plans: z.record(z.string(), safePlan).default({}),
  boot: z.string().default('').describe('of the kernel, which its monotonic clock counts from'),
  deaths: z.array(z.number()).default([]).describe('of the bridge, by the monotonic clock'),
})
export type Remembered = z.output<typeof remembered>

/** What the guardian knows of the bench when it starts anew and no bridge is there to tell it: a small file in the data folder. */
export class Memory {
  readonly #file: string
  readonly value: Remembered

  constructor(file: string) {
    this.#file = file
    this.value = read(file)
  }

  /** Throws nothing: a full disk must not keep the guardian from its work. Answers whether it could be kept. */
  keep(change: Partial<Remembered>): boolean {
    Object.assign(this.value, change)
    try {
      replaceFileNow(this.#file, JSON.stringify(this.value))
      return true
    } catch {
      return false
    }
  }
}

function read(file: string): Remembered {
  try {
    const value = remembered.parse(JSON.parse(readFileSync(file, 'utf8')))
    // What died before the machine was started anew was counted by another clock, and is no reason any more.
    return value.boot === BOOT ? value : { ...value, boot: BOOT, deaths: [] }
  } catch {
    return remembered.parse({ boot: BOOT })
  }
}
