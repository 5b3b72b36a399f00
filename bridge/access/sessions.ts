import type { Role, Scope } from '../../shared/access/access.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Statement } from '../core/tables.ts'
import type { Directory } from './directory.ts'
import { write, type SessionRow, type UserRow } from './rows.ts'
import { digestOf, idOf, newSecret } from './secret.ts'
import type { SteadyTime } from './steady-time.ts'

/** Being seen is written down at most so often. */
const SEEN_EVERY_MS = 60_000
/** Browsers in which one person is signed in; one more ends the one that was opened first. */
const MOST_A_USER = 50

/** How long a session lasts. */
export interface SessionLimits {
  idleMs: number
  mostMs: number
}

/** Browsers that are signed in. A session ends when it is idle for too long, and at the latest after its longest time. */
export class Sessions {
  readonly #directory: Directory
  readonly #limits: SessionLimits
  readonly #time: SteadyTime
  /** When being seen was written down last, by id. */
  readonly #noted = new Map<string, number>()

  constructor(directory: Directory, limits: SessionLimits, time: SteadyTime) {
    this.#directory = directory
    this.#limits = limits
    this.#time = time
  }

  /**
   * Opens one for a user as they were when they proved who they are, and answers the secret that the browser's cookie
   * is to carry. `besides` is written with it or not at all. Rejects with `credentials.invalid` when they were removed
   * or have another password by now.
   */
  async open(
    user: UserRow,
    address: string,
    besides: readonly Statement[] = [],
  ): Promise<{ id: string; secret: string }> {
    const secret = newSecret()
    const digest = digestOf(secret)
    const now = this.#time.now()
    const session = {
      ...{ id: idOf(digest), digest, user: user.name, address },
      ...{ created_at: now, seen_at: now },
    }
    const surplus = this.#rowsOf(user.name).slice(MOST_A_USER - 1)
    const [added] = await this.#directory.make(
      write.addSession(session, user.password),
      write.userSeen(user.name, now),
      ...surplus.map(({ id }) => write.endSession(id)),
      ...besides,
    )
    if (added === 0)
      throw new BenchError('credentials.invalid', 'your password was changed just now: sign in with it')
    this.#directory.dropSessions((one) => surplus.includes(one))
    this.#directory.addSession(session)
    const known = this.#directory.users.get(user.name)
    if (known) known.seen_at = now
    return { id: session.id, secret }
  }

  /** Whose session this secret opens, with the role they have now; undefined for none, and for one that is over. */
  find(secret: string): { id: string; user: string; role: Role; scope: Scope } | undefined {
    const session = this.#directory.sessions.get(digestOf(secret))
    const user = session && this.#directory.users.get(session.user)
    if (!session || !user || !this.#lasts(session)) return undefined
    const now = this.#time.now()
    session.seen_at = now
    user.seen_at = now
    const { id } = session
    if (now - (this.#noted.get(id) ?? session.created_at) >= SEEN_EVERY_MS) {
      this.#noted.set(id, now)
      this.#directory.note(write.sessionSeen(id, now), `session seen ${id}`)
      this.#directory.note(write.userSeen(user.name, now), `user seen ${user.name}`)
    }
    return { id, user: user.name, role: user.role, scope: user.scope }
  }

  /** Whoever has the session of this id; undefined when it is over. This is no use of it. */
  userOf(id: string): UserRow | undefined {
    const session = this.#directory.session(id)
    return session && this.#lasts(session) ? this.#directory.users.get(session.user) : undefined
  }

  /** A user's sessions that last, newest first. */
  of(user: string): { id: string; address: string; createdAt: number; lastSeenAt: number }[] {
    return this.#rowsOf(user).map(({ id, address, created_at, seen_at }) => ({
      id,
      address,
      createdAt: this.#time.toWall(created_at),
      lastSeenAt: this.#time.toWall(seen_at),
    }))
  }

  /** Rejects with `storage.full` or `storage.failed` when it has ended here and the disk does not have it yet. */
  async close(id: string): Promise<void> {
    await this.#directory.take({
      apply: () => this.#directory.dropSessions((session) => session.id === id),
      statements: [write.endSession(id)],
    })
  }

  /** Ends all of a user's sessions but `except`. Rejects as `close` does. */
  async closeAll(user: string, except = ''): Promise<void> {
    await this.#directory.take({
      apply: () => this.#directory.dropSessions((session) => session.user === user && session.id !== except),
      statements: [write.endSessions(user, except)],
    })
  }

  /** Removes those that are over, for good. */
  sweep(): void {
    for (const session of [...this.#directory.sessions.values()]) this.#lasts(session)
    for (const id of this.#noted.keys()) if (!this.#directory.session(id)) this.#noted.delete(id)
  }

  #rowsOf(user: string): SessionRow[] {
    return [...this.#directory.sessions.values()]
      .filter((session) => session.user === user && this.#lasts(session))
      .toSorted((one, other) => other.created_at - one.created_at)
  }

  /** One that is over is removed at once: nothing makes it good again. */
  #lasts({ id, created_at, seen_at }: SessionRow): boolean {
    const now = this.#time.now()
    if (now - created_at < this.#limits.mostMs && now - seen_at < this.#limits.idleMs) return true
    this.#directory.dropSessions((session) => session.id === id)
    this.#directory.note(write.endSession(id), `session over ${id}`)
    return false
  }
}
