import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { benchFile } from '../bench/config.ts'
import { BenchYaml } from '../core/bench-yaml.ts'
import { databaseFile } from '../store/sqlite.ts'

/** Every command takes it, as the bridge does. */
export const configOption = { config: { type: 'string', default: 'bench.yaml' } } as const

/** No more of bench.yaml than is needed here: a camera that is told wrong must not keep anybody from adding a user. */
const part = z.looseObject({
  dataDir: benchFile.shape.dataDir,
  devices: z.record(z.string(), z.unknown()).default({}),
})

/** What the command line has to know of a bench. */
export interface BenchFile {
  dataDir: string
  database: string
  devices: string[]
}

/** Reads it from bench.yaml. Rejects with `config.invalid`, naming the file and the line. */
export async function readBenchFile(file: string): Promise<BenchFile> {
  const source = await BenchYaml.read(file)
  const bench = source.check(part, source.content, [])
  source.throwIfWrong()
  if (!bench) throw new Error('unreachable: what is missing was reported')
  const dataDir = resolve(dirname(file), bench.dataDir)
  return { dataDir, database: databaseFile(dataDir), devices: Object.keys(bench.devices) }
}
