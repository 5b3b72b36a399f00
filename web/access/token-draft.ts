import type { Role } from '../../shared/access/access.ts'
import type { InputOf } from '../../shared/commands.ts'

/** What stands in the form for a token. */
export interface TokenDraft {
  name: string
  role: Role
  /** Bound to these; to none of them in particular when it is empty. */
  devices: string[]
  /** A day, `2026-03-09`; empty for never. */
  lastDay: string
}

/** A form that has not been filled in. */
export const EMPTY_TOKEN: TokenDraft = { name: '', role: 'viewer', devices: [], lastDay: '' }

/** What is sent for it: a token is good until its last day is over on this machine's calendar. */
export function tokenInput({ name, role, devices, lastDay }: TokenDraft): InputOf<'token.add'> {
  return {
    name,
    role,
    scope: devices.length > 0 ? { devices } : {},
    ...(lastDay === '' ? {} : { expiresAt: new Date(`${lastDay}T23:59:59.999`).getTime() }),
  }
}
