import { BenchError } from '../../shared/wire/errors.ts'

/** Does what may want a code besides the password. Whether it was done; false when a code is wanted and none was given. */
export async function withoutCode(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action()
    return true
  } catch (error) {
    if (error instanceof BenchError && error.code === 'factor.required') return false
    throw error
  }
}
