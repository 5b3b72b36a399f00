import { join } from 'node:path'
import { root } from '../setup/paths.mjs'
import { foreground } from './foreground.mjs'

/** The bench: its launcher keeps the guardian, the bridge, which serves the built page as well, and simulators running. */
export const start = {
  setUpFor: 'start',
  run: (args) => foreground([[join(root, 'bridge/launcher/main.ts'), ...args]]),
}
