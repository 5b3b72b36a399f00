import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { BenchError, explainIssues } from '../../shared/errors.ts'
import { benchFile } from '../config.ts'
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

/** Reads it from bench.yaml. Rejects with `config.invalid`, naming the file. */
export async function readBenchFile(file: string): Promise<BenchFile> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new BenchError('config.invalid', `${file} cannot be read: name the bench's file with --config`, {
      cause,
    })
  })
  const bench = part.safeParse(parseYaml(file, text) ?? {})
  if (!bench.success) throw new BenchError('config.invalid', `${file}: ${explainIssues(bench.error)}`)
  const dataDir = resolve(dirname(file), bench.data.dataDir)
  return { dataDir, database: databaseFile(dataDir), devices: Object.keys(bench.data.devices) }
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new BenchError('config.invalid', `${file}: ${what}`, { cause })
  }
}
