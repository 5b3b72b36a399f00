import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { BenchError } from '../../shared/errors.ts'

/** What the launcher reads of bench.yaml. The rest is the bridge's to check, and to complain of with its line. */
const part = z.object({
  dataDir: z.string().default('data'),
  simulators: z
    .array(z.object({ program: z.enum(['ctp10', 'grbl', 'scpi']), args: z.array(z.string()).default([]) }))
    .default([])
    .catch([]),
})
export type Launch = z.output<typeof part>

/** Rejects with `config.invalid` when there is no such file, or it is no YAML. */
export async function readLaunch(file: string): Promise<Launch> {
  try {
    const launch = part.parse(parse(await readFile(file, 'utf8')) ?? {})
    return { ...launch, dataDir: resolve(dirname(file), launch.dataDir) }
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new BenchError('config.invalid', `${file}: ${what}: name the bench's file with --config`, { cause })
  }
}
