import { join } from 'node:path'
import { root } from '../setup/paths.mjs'
import { foreground } from './foreground.mjs'

const nothingRan = { passed: 0, failed: 1, skipped: 0 }

/** Every test, or those whose file matches a pattern. The count is the very last line, whatever vitest says at its end. */
export const test = {
  setUpFor: 'test',
  async run(args) {
    let tally
    const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, ...args]
    const code = await foreground([vitest], { onMessage: (message) => (tally = message.tally ?? tally) })
    const settled = settle(tally, code)
    print(settled)
    return code || (settled.failed > 0 || settled.passed === 0 ? 1 : 0)
  },
  notSetUp: () => print(nothingRan),
}

/** vitest can fail for what is no test, or die before it has counted: a failed run never reports zero failures. */
function settle(tally, code) {
  if (!tally) return nothingRan
  const ranNothing = tally.passed + tally.failed === 0
  return code !== 0 && tally.failed === 0 && !ranNothing ? { ...tally, failed: 1 } : tally
}

function print({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
}
