import type { Role } from '../../shared/access/access.ts'

/** What each role may do, for whoever gives it. */
export const ROLE_WORDS: Record<Role, string> = {
  viewer: 'Viewer: watches',
  operator: 'Operator: takes control and acts',
  administrator: 'Administrator: lets others in, too',
}
