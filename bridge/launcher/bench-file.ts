import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { BenchYaml } from '../core/bench-yaml.ts'

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
  const source = await BenchYaml.read(file)
  const launch = source.check(part, source.content, [])
  source.throwIfWrong()
  if (!launch) throw new Error('unreachable: what is missing was reported')
  return { ...launch, dataDir: resolve(dirname(file), launch.dataDir) }
}
