import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Where the browser is, or why there is none and what to do. */
export function findChromium(configured: string | undefined): { executable?: string; why?: string } {
  if (configured !== undefined) {
    if (isProgram(configured)) return { executable: configured }
    return { why: `watches.pages.chromium names ${configured}, which is no program` }
  }
  const folders = (process.env['PATH'] ?? '/usr/bin').split(delimiter)
  const executable = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
  if (executable !== undefined) return { executable }
  return {
    why: 'there is no Chromium on this machine: install the Debian package chromium (apt-get install chromium), or name another with watches.pages.chromium in bench.yaml',
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
