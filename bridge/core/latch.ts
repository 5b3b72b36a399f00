import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFileNow } from './replace-file.ts'

const latch = z.object({
  at: z.number().describe('ms since the epoch'),
  by: z.string(),
  why: z.string().optional(),
})
export type Latched = z.output<typeof latch>

/**
 * The emergency stop's latch in the data folder, where it survives every restart. A file of its own, and not a line of
 * the database: the guardian has none, and a stop is not to wait for one. It is some 100 bytes, written at once.
 */
export class LatchFile {
  readonly #file: string

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'emergency-stop.json')
  }

  /** Undefined while nothing is latched. A file that cannot be read counts as latched: what it held is not known. */
  read(): Latched | undefined {
    let text: string
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      return { at: Date.now(), by: 'the bridge', why: `${this.#file} cannot be read: ${String(error)}` }
    }
    try {
      return latch.parse(JSON.parse(text))
    } catch {
      return { at: Date.now(), by: 'the bridge', why: `${this.#file} is damaged` }
    }
  }

  /** Throws where the disk does not take it. */
  set(latched: Latched): void {
    replaceFileNow(this.#file, JSON.stringify(latched))
  }

  clear(): void {
    rmSync(this.#file, { force: true })
  }
}
