import { createHash } from 'node:crypto'

/** Digits of `clientRef` in shared/control/control.ts. */
const DIGITS = 12

/** How others may name a client: it says nothing of the id by which the client is known, and permits nothing. */
export function publicRefOf(client: string): string {
  return createHash('sha256').update(client).digest('hex').slice(0, DIGITS)
}
