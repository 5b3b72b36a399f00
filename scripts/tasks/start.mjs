import { join } from 'node:path'
import { root } from '../setup/paths.mjs'
import { foreground } from './foreground.mjs'

/** The bench: the bridge, which serves the built page as well. */
export const start = {
  setUpFor: 'start',
  run: (args) => foreground([[join(root, 'bridge/main.ts'), ...args]]),
}
