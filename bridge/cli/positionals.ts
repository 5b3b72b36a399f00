import { BenchError } from '../../shared/wire/errors.ts'

/** The words of a command line as they are named. Throws `input.invalid` for one too few or too many. */
export function positionals<const N extends readonly string[]>(
  given: readonly string[],
  names: N,
): { [K in keyof N]: string } {
  const missing = names[given.length]
  if (missing !== undefined) throw new BenchError('input.invalid', `${missing} is missing`)
  const extra = given[names.length]
  if (extra !== undefined) {
    throw new BenchError('input.invalid', `"${extra}" is one word too many: put a name with spaces in quotes`)
  }
  return given as never
}
