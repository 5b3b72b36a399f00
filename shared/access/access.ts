import { z } from 'zod'
import { plain } from '../wire/secret.ts'

/** Who may do what, weakest first: a role includes those before it. */
export const role = z.enum(['viewer', 'operator', 'administrator'])
export type Role = z.infer<typeof role>

/** What a person or a token is bound to; members left out do not bind. */
export const scope = z.object({
  devices: z
    .array(plain(z.string()))
    .describe('only these devices, their topics and their streams')
    .optional(),
})
export type Scope = z.infer<typeof scope>

/** Whether whoever is bound by `inner` reaches no further than `outer` does. */
export function isWithin(inner: Scope, outer: Scope): boolean {
  return outer.devices === undefined || inner.devices?.every((id) => outer.devices?.includes(id)) === true
}

/** What both reach. */
export function meetOf(one: Scope, other: Scope): Scope {
  if (!one.devices || !other.devices) return one.devices ? one : other
  return { devices: one.devices.filter((id) => other.devices?.includes(id)) }
}

/** Whether `held` is `needed` or stronger. */
export function satisfies(held: Role, needed: Role): boolean {
  return role.options.indexOf(held) >= role.options.indexOf(needed)
}
