import { setImmediate } from 'node:timers/promises'

const TURN_MS = 3

/** Goes through thousands without holding up the loop: every 3 ms everybody else has their turn. What is true may have changed after each. */
export async function* inTurns<T>(all: Iterable<T>): AsyncGenerator<T> {
  let until = performance.now() + TURN_MS
  for (const each of all) {
    if (performance.now() > until) {
      await setImmediate()
      until = performance.now() + TURN_MS
    }
    yield each
  }
}
