import { bridge } from './bridge.mjs'
import { foreground } from './foreground.mjs'

/** The bench: the bridge, which serves the built page as well. */
export const start = {
  setUpFor: 'start',
  run: (args) => foreground([[...bridge, ...args]]),
}
