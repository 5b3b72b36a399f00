import { join } from 'node:path'
import { root } from '../setup/paths.mjs'
import { foreground } from './foreground.mjs'

const nothingRan = { passed: 0, failed: 1, skipped: 0 }

/** Runs vitest with the arguments. Answers its exit code, 1 when nothing ran; the count is the very last line, whatever vitest says at its end. */
export async function vitest(args) {
  let tally
  const program = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, ...args]
  const code = await foreground([program], { onMessage: (message) => (tally = message.tally ?? tally) })
  const settled = settle(tally, code)
  print(settled)
  return code || (settled.failed > 0 || settled.passed === 0 ? 1 : 0)
}

/** The same last line where the tests could not be reached. */
export function countNothing() {
  print(nothingRan)
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
