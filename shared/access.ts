import { z } from 'zod'

/** Who may do what, weakest first: a role includes those before it. */
export const role = z.enum(['viewer', 'operator', 'administrator'])
export type Role = z.infer<typeof role>

/** Whether `held` is `needed` or stronger. */
export function satisfies(held: Role, needed: Role): boolean {
  return role.options.indexOf(held) >= role.options.indexOf(needed)
}
