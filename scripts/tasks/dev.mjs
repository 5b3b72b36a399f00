import { join } from 'node:path'
import { root } from '../setup/paths.mjs'
import { foreground } from './foreground.mjs'

/** The bridge, and beside it the page served from its sources and renewed as they are edited. */
export const dev = {
  setUpFor: 'dev',
  run: (args) =>
    foreground([[join(root, 'bridge/main.ts'), ...args], [join(root, 'node_modules/vite/bin/vite.js')]]),
}
