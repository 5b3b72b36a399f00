import type { Logger } from './log.ts'

/**
 * Makes a listener or a timer's work that never throws: an error in one would end the process, and with it the bench,
 * whoever had sent what caused it. The error goes to the log, and `failed` ends what it happened on.
 */
export function guarded<A extends unknown[]>(
  log: Logger,
  what: string,
  work: (...args: A) => void,
  failed: (...args: A) => void = () => {},
): (...args: A) => void {
  return (...args) => {
    try {
      work(...args)
    } catch (error) {
      log.error({ error, what }, 'a listener failed for a reason nobody foresaw')
      failed(...args)
    }
  }
}
