import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/paths.mjs'

const flags = JSON.parse(readFileSync(join(root, 'bridge/node-flags.json'), 'utf8'))

/**
 * What Node is given to run the bridge. Twenty pages that stream make some 16 MB of short-lived objects a second; without
 * a bound V8 answers that with a young generation of 64 MiB, all of it resident, where two times 8 MiB serve as well.
 */
export const bridge = [...flags, join(root, 'bridge/main.ts')]
