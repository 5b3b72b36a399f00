import { BenchError } from '../../shared/wire/errors.ts'
import type { Statement } from '../core/tables.ts'
import { isStorageFailure } from '../store/sqlite-failure.ts'
import { readSnapshot, SNAPSHOT, type SessionRow, type TokenRow, type UserRow } from './rows.ts'
import type { AccessStore } from './store.ts'
import { tables } from './tables.ts'

/** What could not be read is read again after so long. */
const READ_AGAIN_MS = 1000

/** A right that was taken away. */
interface Ending {
  /** Takes it out of memory, again after each reading, until the disk has it. */
  apply: () => void
  statements: readonly Statement[]
  /** The disk has not taken it, and it is to be written again; until that is known, its first writing is under way. */
  isDue?: boolean
}

/** What a right that is taken away is made of. */
export interface Taking extends Omit<Ending, 'isDue'> {
  /** Written together with it, and only then: it is not tried again. */
  besides?: readonly Statement[]
}

/**
 * Users, sessions and tokens in memory, as the database has them: who asks never waits. Rights that are made are on
 * the disk first. Rights that are taken away end in memory first, whatever the disk says.
 */
export class Directory implements AsyncDisposable {
  readonly users = new Map<string, UserRow>()
  /** By digest of their secret. */
  readonly sessions = new Map<string, SessionRow>()
  readonly tokens = new Map<string, TokenRow>()
  /** Digests of the recovery codes that are left, by user. */
  readonly recovery = new Map<string, Set<string>>()
  readonly facts = new Map<string, string | number>()
  readonly #sessionsById = new Map<string, SessionRow>()
  readonly #tokensById = new Map<string, TokenRow>()
  readonly #store: AccessStore
  /** In the order in which they were made; those that the disk has not taken yet. */
  readonly #endings = new Set<Ending>()
  readonly #ends: (() => void)[]
  #reading: Promise<void> | undefined
  #readAgain = false
  #timer: NodeJS.Timeout | undefined

  private constructor(store: AccessStore) {
    this.#store = store
    this.#ends = [
      store.onForeignChange(() => void this.read().catch(() => {})),
      store.health.on((sick) => {
        if (!sick) void this.#writeEndings().catch(() => {})
      }),
    ]
  }

  /** Rejects with `storage.failed` when there is nothing to be read. */
  static async open(store: AccessStore): Promise<Directory> {
    await store.migrate('access', tables)
    const directory = new Directory(store)
    await directory.read()
    return directory
  }

  session(id: string): SessionRow | undefined {
    return this.#sessionsById.get(id)
  }

  token(id: string): TokenRow | undefined {
    return this.#tokensById.get(id)
  }

  addSession(session: SessionRow): void {
    this.sessions.set(session.digest, session)
    this.#sessionsById.set(session.id, session)
  }

  addToken(token: TokenRow): void {
    this.tokens.set(token.digest, token)
    this.#tokensById.set(token.id, token)
  }

  dropSessions(which: (session: SessionRow) => boolean): void {
    for (const session of this.sessions.values()) {
      if (!which(session)) continue
      this.sessions.delete(session.digest)
      this.#sessionsById.delete(session.id)
    }
  }

  dropTokens(which: (token: TokenRow) => boolean): void {
    for (const token of this.tokens.values()) {
      if (!which(token)) continue
      this.tokens.delete(token.digest)
      this.#tokensById.delete(token.id)
    }
  }

  /** Makes a right: resolves with the rows that each statement has changed. Rejects with `storage.full` or `storage.failed`, and nothing has changed. */
  async make(...statements: readonly Statement[]): Promise<number[]> {
    // What ended before must not undo this later.
    await this.#writeEndings()
    return this.#store.write(...statements)
  }

  /**
   * Takes a right away, in memory before this returns: resolves with the rows that `besides` and then `statements` have
   * changed. Rejects with `storage.full` or `storage.failed` when the disk does not have it yet; it is tried again.
   */
  async take({ apply, statements, besides = [] }: Taking): Promise<number[]> {
    const ending: Ending = { apply, statements }
    this.#endings.add(ending)
    apply()
    try {
      const changes = await this.#store.write(...besides, ...statements)
      this.#endings.delete(ending)
      return changes
    } catch (error) {
      if (!isStorageFailure(error)) {
        this.#endings.delete(ending)
        throw error
      }
      ending.isDue = true
      const undone = besides.length > 0 ? ', and what was to take its place is not done' : ''
      const message = `it has ended here, and is not on the disk yet${undone}: ${error.message}`
      throw new BenchError(error.code, message, { cause: error })
    }
  }

  /** Writes behind what does not matter much; of several with one key the last. */
  note(statement: Statement, key: string): void {
    this.#store.later(statement, key)
  }

  /** Reads everything anew. */
  read(): Promise<void> {
    if (this.#reading) {
      // It may have been read before the change that this is about.
      this.#readAgain = true
      return this.#reading
    }
    this.#reading = this.#readAll().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  /** Gives what has ended a last chance to be written. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end()
    clearTimeout(this.#timer)
    await this.#writeEndings().catch(() => {})
    await this.#reading?.catch(() => {})
  }

  async #readAll(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      do {
        this.#readAgain = false
        const row = await this.#store.get(SNAPSHOT)
        if (row) this.#replace(row)
      } while (this.#readAgain)
    } catch (error) {
      this.#timer = setTimeout(() => void this.read().catch(() => {}), READ_AGAIN_MS).unref()
      throw error
    }
  }

  #replace(row: Record<string, unknown>): void {
    const { users, sessions, tokens, recovery, facts } = readSnapshot(row)
    // When somebody was seen last is known here before it is written.
    for (const user of users) {
      const known = this.users.get(user.name)
      user.seen_at = newest(user.seen_at, known?.seen_at)
      // A code that was used here is on its way to the disk.
      if (known?.factor === user.factor) user.factor_step = newest(user.factor_step, known.factor_step)
    }
    for (const session of sessions) {
      session.seen_at = Math.max(session.seen_at, this.#sessionsById.get(session.id)?.seen_at ?? 0)
    }
    for (const token of tokens) token.used_at = newest(token.used_at, this.#tokensById.get(token.id)?.used_at)
    this.users.clear()
    for (const user of users) this.users.set(user.name, user)
    this.dropSessions(() => true)
    for (const session of sessions) if (this.users.has(session.user)) this.addSession(session)
    this.dropTokens(() => true)
    for (const token of tokens) this.addToken(token)
    this.recovery.clear()
    for (const { user, digest } of recovery) {
      const digests = this.recovery.get(user) ?? new Set()
      this.recovery.set(user, digests.add(digest))
    }
    this.facts.clear()
    for (const [name, value] of facts) this.facts.set(name, value)
    for (const { apply } of this.#endings) apply()
  }

  async #writeEndings(): Promise<void> {
    const endings = [...this.#endings].filter(({ isDue }) => isDue)
    if (endings.length === 0) return
    await this.#store.write(...endings.flatMap(({ statements }) => statements))
    for (const ending of endings) this.#endings.delete(ending)
    await this.read()
  }
}

/** The later of two times, either of which there may not be. */
function newest(one: number | null, other: number | null | undefined): number | null {
  return other == null ? one : Math.max(one ?? 0, other)
}
