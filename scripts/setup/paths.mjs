import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The Node that the project runs on, which comes as a package: the machine's own may be older. */
export const node = join(root, 'node_modules/.bin/node')

/** What is slow to make and the same for every checkout is kept here. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lightbench')
