import { closeSync, constants, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'

const latch = z.object({
  at: z.number().describe('ms since the epoch'),
  by: z.string(),
  why: z.string().optional(),
})
export type Latched = z.output<typeof latch>

/** What the file holds; older versions had none while nothing was latched. */
const content = z.union([z.object({ latched: z.literal(false) }), latch])

/** One block of most disks: what is written over needs no room. */
const FILE_BYTES = 4096

/**
 * The emergency stop's latch in the data folder, where it survives every restart. A file of its own, and not a line of
 * the database: the guardian has none, and a stop is not to wait for one. It is made in time and written over in place,
 * so that a disk that is full takes it, too; what was written by half counts as latched.
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
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        return { at: Date.now(), by: 'the bridge', why: `${this.#file} cannot be read: ${String(error)}` }
      this.#reserve()
      return undefined
    }
    try {
      const found = content.parse(JSON.parse(text))
      return 'latched' in found ? undefined : found
    } catch {
      return { at: Date.now(), by: 'the bridge', why: `${this.#file} is damaged` }
    }
  }

  /** It outlasts the end of the process once this returns, and that of the power once `synced` resolves. Throws where the disk does not take it. */
  set({ at, by, why }: Latched): void {
    this.#write({ at, by: by.slice(0, 200), ...(why === undefined ? {} : { why: why.slice(0, 500) }) })
  }

  /** Throws where the disk does not take it: it is latched still. */
  clear(): void {
    this.#write({ latched: false })
  }

  /** Resolves once what was set is on the disk. */
  async synced(): Promise<void> {
    await using handle = await open(this.#file, 'r')
    await handle.datasync()
  }

  /** While there is room. */
  #reserve(): void {
    try {
      this.clear()
    } catch {
      // It is made when it is wanted, if there is room then.
    }
  }

  #write(value: z.input<typeof content>): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    const bytes = Buffer.from(JSON.stringify(value))
    const padded = Buffer.alloc(FILE_BYTES, ' ')
    bytes.copy(padded)
    const file = openSync(this.#file, constants.O_WRONLY | constants.O_CREAT, 0o600)
    try {
      if (writeSync(file, padded, 0, FILE_BYTES, 0) < FILE_BYTES)
        throw new Error(`${this.#file} is written by half`)
    } finally {
      closeSync(file)
    }
  }
}
