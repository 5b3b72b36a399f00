import type { Role } from '../../shared/access/access.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { userName } from '../../shared/access/people.ts'
import type { Directory } from './directory.ts'
import type { ProviderPerson } from './oidc.ts'
import { write, type UserRow } from './rows.ts'
import type { SteadyTime } from './steady-time.ts'
import type { Users } from './users.ts'

interface ProviderPeopleOptions {
  directory: Directory
  users: Users
  time: SteadyTime
}

/** Users who sign in by the identity provider: it says who they are, and by their groups what they may. */
export class ProviderPeople {
  readonly #options: ProviderPeopleOptions

  constructor(options: ProviderPeopleOptions) {
    this.#options = options
  }

  /**
   * The user that somebody of the provider is here, made at the first time, with the role that they have now. Rejects
   * with `role.required` for somebody without one, who loses what they had, and with `user.exists` for the name of
   * somebody else.
   */
  async admit(person: ProviderPerson, role: Role | undefined): Promise<UserRow> {
    const known = this.#bySubject(person.subject)
    if (role === undefined) {
      if (known) await this.#shutOut(known)
      const groups = person.groups.join(', ') || 'none'
      const message = `none of your groups (${groups.slice(0, 200)}) has a role on this bench: ask its administrator (server.oidc.groups in bench.yaml)`
      throw new BenchError('role.required', message)
    }
    if (known) {
      if (known.role !== role) await this.#options.users.setRole(known.name, role)
      return this.#bySubject(person.subject) ?? known
    }
    return this.#add(nameOf(person), person.subject, role)
  }

  async #add(name: string, subject: string, role: Role): Promise<UserRow> {
    const { directory, time } = this.#options
    if (directory.users.has(name)) throw taken(name)
    const user: UserRow = {
      ...{ name, role, kind: 'oidc', subject, password: '', scope: {}, factor: null, factor_step: null },
      ...{ created_at: time.now(), seen_at: null },
    }
    const [added] = await directory.make(write.addUser(user))
    if (added === 0) throw taken(name)
    directory.users.set(name, user)
    return user
  }

  /** Their sessions and the tokens they made end, and what they have begun goes on as a viewer's. What an administrator has bound them to stays. */
  async #shutOut({ name }: UserRow): Promise<void> {
    const { directory } = this.#options
    await directory.take({
      apply: () => {
        const user = directory.users.get(name)
        if (user) user.role = 'viewer'
        directory.dropSessions((session) => session.user === name)
        directory.dropTokens((token) => token.created_by === name)
      },
      statements: [write.setRole(name, 'viewer'), write.endSessions(name, ''), write.endTokensOf(name)],
    })
  }

  #bySubject(subject: string): UserRow | undefined {
    for (const user of this.#options.directory.users.values()) if (user.subject === subject) return user
    return undefined
  }
}

/** What somebody of the provider is called here. */
function nameOf({ name }: ProviderPerson): string {
  const wanted = (name ?? '').split('@', 1)[0]?.toLowerCase() ?? ''
  if (userName.safeParse(wanted).success) return wanted
  const said = name === undefined ? 'does not say what you are called' : `calls you "${name.slice(0, 60)}"`
  const message = `the identity provider ${said}, which is no name here (a-z, 0-9, ".", "_", "-"): ask the administrator (server.oidc.nameClaim in bench.yaml)`
  throw new BenchError('input.invalid', message)
}

function taken(name: string): BenchError {
  const message = `there is another user "${name}" on this bench: ask its administrator to remove one or the other`
  return new BenchError('user.exists', message)
}
