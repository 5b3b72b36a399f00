import { countNothing, vitest } from './vitest.mjs'

/** Every test, or those whose file matches a pattern. */
export const test = { setUpFor: 'test', run: vitest, notSetUp: countNothing }
