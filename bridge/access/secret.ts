import { createHash, randomBytes } from 'node:crypto'

const BYTES = 32

/** A new secret of 256 random bits. */
export function newSecret(): string {
  return randomBytes(BYTES).toString('base64url')
}

/** What is kept of a secret. It is random and long: one round of SHA-256 cannot be turned back, and costs nothing. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** A name for what a secret opens, which opens nothing. */
export function idOf(digest: string): string {
  return digest.slice(0, 16)
}
