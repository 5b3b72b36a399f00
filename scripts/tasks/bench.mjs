import { join } from 'node:path'
import { root } from '../setup/paths.mjs'
import { foreground } from './foreground.mjs'

/** A measurement, by name; its result is the last line of stdout. */
export const bench = {
  setUpFor: 'bench',
  run: (args) => foreground([[join(root, 'test/bench/main.ts'), ...args]]),
}
