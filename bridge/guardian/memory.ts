import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { replaceFileNow } from '../core/replace-file.ts'
import { safePlan } from '../core/safe-plan.ts'
import { guardianWeb, lastResort } from './protocol.ts'

const remembered = z.object({
  title: z.string().default('Bench'),
  web: guardianWeb.optional().describe('as the bridge said it last'),
  lastResort: lastResort.optional(),
  plans: z.record(z.string(), safePlan).default({}),
  deaths: z.array(z.number()).default([]).describe('of the bridge, ms since the epoch'),
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
    return remembered.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return remembered.parse({})
  }
}
