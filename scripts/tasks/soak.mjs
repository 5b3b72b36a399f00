import { countNothing, vitest } from './vitest.mjs'

/** The long walks, one after the other, or those whose file matches a pattern. A number says for how many minutes each that lasts is to last. */
export const soak = {
  setUpFor: 'test',
  run(args) {
    const [minutes] = args.filter(isNumber)
    if (minutes !== undefined) process.env.SOAK_MINUTES = minutes
    return vitest(['--config', 'vitest.soak.config.ts', ...args.filter((arg) => !isNumber(arg))])
  },
  notSetUp: countNothing,
}

function isNumber(arg) {
  return /^\d+(\.\d+)?$/.test(arg)
}
