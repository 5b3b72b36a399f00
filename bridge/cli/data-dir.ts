import { resolve } from 'node:path'
import { configOption, readBenchFile } from './bench-file.ts'

/** What is done with a data folder alone takes its name, too. */
export const dataOptions = { ...configOption, data: { type: 'string' } } as const

/** The folder that was named, or the one of the bench's file. Rejects with `config.invalid` when that cannot be read. */
export async function dataDirOf({
  data,
  config,
}: {
  data?: string | undefined
  config: string
}): Promise<string> {
  return data === undefined ? (await readBenchFile(config)).dataDir : resolve(data)
}
