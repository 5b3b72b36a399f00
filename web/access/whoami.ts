import { personName } from '../ui/format.ts'
import type { Me } from '../link/why-not.ts'

/** What the menu calls the person. */
export function displayName(me: Me): string {
  return me.via === 'local' ? personName('local') : me.name
}

/** How the person came to be let in, as a sentence. */
export function whyLetIn({ via, role }: Me): string {
  if (via === 'local') return "Local operator: signed in because this browser runs on the bench's machine"
  return via === 'token' ? `Let in by a token, as ${role}` : `Signed in as ${role}`
}
