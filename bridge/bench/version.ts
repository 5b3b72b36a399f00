import { readFile } from 'node:fs/promises'

/** The version that package.json names. */
export async function packageVersion(): Promise<string> {
  const file = new URL('../../package.json', import.meta.url)
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string }
  return version
}
