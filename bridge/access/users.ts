import { isWithin, meetOf, satisfies, type Role, type Scope } from '../../shared/access/access.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Statement } from '../core/tables.ts'
import type { User } from '../../shared/access/people.ts'
import type { Directory } from './directory.ts'
import { hashPassword, isPassword, requireGoodPassword } from './passwords.ts'
import { write, type UserRow } from './rows.ts'
import type { SteadyTime } from './steady-time.ts'
import { isAbove } from './tokens.ts'

/** Those who can sign in. */
export class Users {
  readonly #directory: Directory
  readonly #time: SteadyTime

  constructor(directory: Directory, time: SteadyTime) {
    this.#directory = directory
    this.#time = time
  }

  /** Whether nobody can sign in with a password. */
  get empty(): boolean {
    return !this.#directory.users.values().some(({ kind }) => kind === 'password')
  }

  /** Reads everybody anew, as after each change that another program has made. */
  read(): Promise<void> {
    return this.#directory.read()
  }

  /** By what somebody signs in. */
  kindOf(name: string): User['kind'] {
    return this.#directory.users.get(name)?.kind ?? 'password'
  }

  list(): User[] {
    const sessions = new Map<string, number>()
    for (const { user } of this.#directory.sessions.values())
      sessions.set(user, (sessions.get(user) ?? 0) + 1)
    return [...this.#directory.users.values()]
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, role, scope, kind, factor, created_at, seen_at }) => ({
        name,
        role,
        scope,
        createdAt: this.#time.toWall(created_at),
        ...(seen_at === null ? {} : { lastSeenAt: this.#time.toWall(seen_at) }),
        kind,
        factor: factor !== null,
        sessions: sessions.get(name) ?? 0,
      }))
  }

  /** The role that somebody has now who was a user at a time (ms since the epoch); undefined when they are one no more. */
  roleOf(name: string, at: number): Role | undefined {
    const user = this.#directory.users.get(name)
    // One who was added later is somebody else of that name.
    return user && this.#time.toWall(user.created_at) <= at ? user.role : undefined
  }

  /** Rejects with `user.exists`, or `input.invalid` for a bad password. */
  async add(name: string, held: Role, password: string, scope: Scope = {}): Promise<UserRow> {
    requireGoodPassword(name, password)
    if (this.#directory.users.has(name)) throw exists(name)
    const user: UserRow = {
      ...{ name, role: held, kind: 'password', subject: null, password: await hashPassword(password) },
      ...{ scope, factor: null, factor_step: null, created_at: this.#time.now(), seen_at: null },
    }
    const [added] = await this.#directory.make(write.addUser(user))
    if (added === 0) throw exists(name)
    this.#directory.users.set(name, user)
    return user
  }

  /**
   * Changes somebody's role; tokens they made that can do more than that end. Rejects with `user.unknown`, and with
   * `input.invalid` when nobody would be administrator any more.
   */
  async setRole(name: string, held: Role): Promise<void> {
    const user = this.#known(name)
    if (satisfies(held, user.role)) {
      const [changed] = await this.#directory.make(write.setRole(name, held))
      if (changed === 0) await this.#refuse(name)
      this.#known(name).role = held
      return
    }
    this.#requireAnother(user)
    const [changed] = await this.#directory.take({
      apply: () => {
        const known = this.#directory.users.get(name)
        if (known && !satisfies(held, known.role)) known.role = held
        this.#directory.dropTokens((token) => token.created_by === name && isAbove(held, token))
      },
      statements: [write.setRole(name, held), write.endTokensAbove(name)],
    })
    if (changed === 0) await this.#refuse(name)
  }

  /**
   * Binds somebody to devices; their sessions end, and the tokens they made that reach further. Rejects with
   * `user.unknown`, and with `input.invalid` when nobody could administer the whole bench any more.
   */
  async setScope(name: string, scope: Scope): Promise<void> {
    const user = this.#known(name)
    if (!isWithin(user.scope, scope)) {
      const left = meetOf(user.scope, scope)
      this.#requireAnother(user)
      const reachFurther = [...this.#directory.tokens.values()].filter(
        (token) => token.created_by === name && !isWithin(token.scope, left),
      )
      const [changed] = await this.#directory.take({
        apply: () => {
          const known = this.#directory.users.get(name)
          if (known) known.scope = meetOf(known.scope, left)
          this.#directory.dropSessions((session) => session.user === name)
          this.#directory.dropTokens((token) => token.created_by === name && !isWithin(token.scope, left))
        },
        statements: [
          write.setScope(name, JSON.stringify(left)),
          write.endSessions(name, ''),
          ...reachFurther.map(({ id }) => write.endToken(id)),
        ],
      })
      if (changed === 0) await this.#refuse(name)
    }
    const [changed] = await this.#directory.make(write.setScope(name, JSON.stringify(scope)))
    if (changed === 0) await this.#refuse(name)
    this.#known(name).scope = scope
  }

  /**
   * Gives somebody a new password; all their sessions end but `except`, and the tokens they made unless `keepsTokens`.
   * Rejects with `user.unknown`, or `input.invalid` for a bad password.
   */
  async setPassword(
    name: string,
    password: string,
    { except = '', keepsTokens = false } = {},
  ): Promise<void> {
    requireGoodPassword(name, password)
    this.#requirePasswordUser(this.#known(name))
    const kept = await hashPassword(password)
    const [changed] = await this.#directory.take({
      apply: () => {
        this.#directory.dropSessions((session) => session.user === name && session.id !== except)
        if (!keepsTokens) this.#directory.dropTokens((token) => token.created_by === name)
      },
      besides: [write.setPassword(name, kept)],
      statements: [write.endSessions(name, except), ...(keepsTokens ? [] : [write.endTokensOf(name)])],
    })
    if (changed === 0) await this.#refuse(name)
    this.#known(name).password = kept
  }

  /** Rejects with `user.unknown`, and `input.invalid` for the last administrator. Their sessions and the tokens they made end. */
  async remove(name: string): Promise<void> {
    const user = this.#known(name)
    this.#requireAnother(user)
    const [changed] = await this.#directory.take({
      apply: () => {
        // One who was added since is somebody else of that name.
        if (this.#directory.users.get(name)?.created_at === user.created_at) {
          this.#directory.users.delete(name)
          this.#directory.dropSessions((session) => session.user === name)
        }
        this.#directory.dropTokens((token) => token.created_by === name)
      },
      statements: [write.removeUser(name, user.created_at), write.endTokensOfRemoved(name)],
    })
    if (changed === 0) await this.#refuse(name)
  }

  /** The user whose name and password these are; undefined for a wrong one, and as slowly for a user that there is not. */
  async check(name: string, password: string): Promise<UserRow | undefined> {
    const kept = this.#directory.users.get(name)?.password
    const right = await isPassword(kept === '' ? undefined : kept, password)
    const user = this.#directory.users.get(name)
    // Looked at again: it may have been changed while the threads were at work.
    return right && user?.password === kept ? user : undefined
  }

  /** Writes down that a code was used, which is known here already. */
  async noteUse(statements: readonly Statement[]): Promise<void> {
    if (statements.length > 0) await this.#directory.make(...statements)
  }

  #known(name: string): UserRow {
    const user = this.#directory.users.get(name)
    if (!user) throw unknown(name)
    return user
  }

  #requirePasswordUser({ name, kind }: UserRow): void {
    if (kind === 'password') return
    const message = `${name} signs in by the identity provider, which keeps their password`
    throw new BenchError('input.invalid', message)
  }

  /** Throws `input.invalid` when nobody but this one could administer the bench. */
  #requireAnother(user: UserRow): void {
    const others = [...this.#directory.users.values()].filter(
      (one) => isNeeded(one) && one.name !== user.name,
    )
    if (isNeeded(user) && others.length === 0) throw last(user.name)
  }

  /** The disk has not done it: another program has changed something that is not known here yet. */
  async #refuse(name: string): Promise<never> {
    await this.#directory.read()
    throw this.#directory.users.has(name) ? last(name) : unknown(name)
  }
}

/** Whether somebody can administer the whole bench with a password of its own. */
function isNeeded({ role, kind, scope }: UserRow): boolean {
  return role === 'administrator' && kind === 'password' && !scope.devices
}

function unknown(name: string): BenchError {
  return new BenchError('user.unknown', `there is no user "${name}"`)
}

function exists(name: string): BenchError {
  return new BenchError('user.exists', `there is a user "${name}" already`)
}

function last(name: string): BenchError {
  const message = `${name} is the last administrator: make somebody else administrator first`
  return new BenchError('input.invalid', message)
}
