import { join } from 'node:path'
import { root } from '../setup/paths.mjs'
import { foreground } from './foreground.mjs'

/** The command line for people, tokens and the certificate: it needs no worker and no page. */
export const cli = {
  setUpFor: 'check',
  run: (args) => foreground([[join(root, 'bridge/cli/main.ts'), ...args]]),
}
