import { join } from 'node:path'
import { root } from '../setup/paths.mjs'
import { bridge } from './bridge.mjs'
import { foreground } from './foreground.mjs'

/** The bridge, without a guardian, and beside it the page served from its sources and renewed as they are edited. */
export const dev = {
  setUpFor: 'dev',
  run: (args) =>
    foreground([[...bridge, '--without-guardian', ...args], [join(root, 'node_modules/vite/bin/vite.js')]]),
}
