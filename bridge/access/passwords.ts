import { hash, verify } from '@node-rs/argon2'
import { BenchError, explainIssues } from '../../shared/wire/errors.ts'
import { newPassword } from '../../shared/access/people.ts'

/** argon2id with 19 MiB, two passes, one lane: the least that OWASP's password storage cheat sheet recommends. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** What an unknown user's attempt is measured against, so that it takes as long as a known one's. */
const nobodys = hash('nobody has this password', COST)

/** Throws `input.invalid` for a password that nobody should have, or that this user should not. */
export function requireGoodPassword(name: string, password: string): void {
  const wrong = newPassword.safeParse(password).error
  if (wrong) throw new BenchError('input.invalid', explainIssues(wrong).replaceAll('(root): ', ''))
  if (!password.toLowerCase().includes(name)) return
  throw new BenchError('input.invalid', "a password must not hold the user's name: choose another")
}

/** What is kept of a password. Worked out in a thread of its own. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, COST)
}

/** Whether a password is the one of this hash; false, after the same time, for nobody's. */
export async function isPassword(kept: string | undefined, password: string): Promise<boolean> {
  const right = await verify(kept ?? (await nobodys), password)
  return right && kept !== undefined
}
