import { satisfies, type Role, type Scope } from '../../shared/access/access.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Token } from '../../shared/access/people.ts'
import type { Directory } from './directory.ts'
import { write, type TokenRow } from './rows.ts'
import { digestOf, idOf, newSecret } from './secret.ts'
import type { SteadyTime } from './steady-time.ts'

/** Tells a token from anything else, for those who find one lying about. */
const PREFIX = 'lb_'
const USED_EVERY_MS = 60_000

/** What a new token is to be. */
export interface TokenWish {
  name: string
  role: Role
  scope: Scope
  /** ms since the epoch; it does not expire without it. */
  expiresAt?: number | undefined
}

/** Keys for scripts, kiosks, WHIP and WHEP. */
export class Tokens {
  readonly #directory: Directory
  readonly #time: SteadyTime
  /** When being used was written down last, by id. */
  readonly #noted = new Map<string, number>()

  constructor(directory: Directory, time: SteadyTime) {
    this.#directory = directory
    this.#time = time
  }

  /** Makes a token; its secret is in the answer and nowhere else. Rejects with `input.invalid` for one that has expired already. */
  async add(
    { name, role, scope, expiresAt }: TokenWish,
    createdBy: string,
  ): Promise<Token & { secret: string }> {
    const now = this.#time.now()
    const expires = expiresAt === undefined ? null : this.#time.fromWall(expiresAt)
    if (expires !== null && expires <= now) {
      throw new BenchError('input.invalid', 'expiresAt: this time has passed already: give a later one')
    }
    const secret = PREFIX + newSecret()
    const digest = digestOf(secret)
    const token: TokenRow = {
      ...{ id: idOf(digest), digest, name, role, scope, created_by: createdBy },
      ...{ created_at: now, expires_at: expires, used_at: null },
    }
    await this.#directory.make(write.addToken(token))
    this.#directory.addToken(token)
    return { ...this.#told(token), secret }
  }

  /** The token of this secret; undefined for none, and for one that has expired. */
  find(secret: string): Token | undefined {
    if (!secret.startsWith(PREFIX)) return undefined
    const token = this.#directory.tokens.get(digestOf(secret))
    if (!token || !this.#lasts(token)) return undefined
    const now = this.#time.now()
    token.used_at = now
    if (now - (this.#noted.get(token.id) ?? -Infinity) >= USED_EVERY_MS) {
      this.#noted.set(token.id, now)
      this.#directory.note(write.tokenUsed(token.id, now), `token used ${token.id}`)
    }
    return this.#told(token)
  }

  /** The role of the token, by its name; undefined when it was revoked or has expired. This is no use of it. */
  roleOf(id: string): Role | undefined {
    const token = this.#directory.token(id)
    return token && this.#lasts(token) ? token.role : undefined
  }

  /** Those that last, in the order in which they were made. */
  list(): Token[] {
    return [...this.#directory.tokens.values()]
      .filter((token) => this.#lasts(token))
      .toSorted((one, other) => one.created_at - other.created_at)
      .map((token) => this.#told(token))
  }

  /** Those that somebody made. */
  madeBy(user: string): Token[] {
    return this.list().filter(({ createdBy }) => createdBy === user)
  }

  /** Rejects with `token.unknown`; with `storage.full` or `storage.failed` when it has ended here and the disk does not have it yet. */
  async revoke(id: string): Promise<void> {
    if (!this.#directory.token(id)) throw new BenchError('token.unknown', `there is no token "${id}"`)
    await this.#directory.take({
      apply: () => this.#directory.dropTokens((token) => token.id === id),
      statements: [write.endToken(id)],
    })
  }

  /** Removes those that have expired, for good. */
  sweep(): void {
    for (const token of [...this.#directory.tokens.values()]) this.#lasts(token)
    for (const id of this.#noted.keys()) if (!this.#directory.token(id)) this.#noted.delete(id)
  }

  /** One that has expired is removed at once: nothing makes it good again. */
  #lasts({ id, expires_at }: TokenRow): boolean {
    if (expires_at === null || expires_at > this.#time.now()) return true
    this.#directory.dropTokens((token) => token.id === id)
    this.#directory.note(write.endToken(id), `token over ${id}`)
    return false
  }

  #told({ id, name, role, scope, created_by, created_at, expires_at, used_at }: TokenRow): Token {
    return {
      ...{ id, name, role, scope, createdBy: created_by, createdAt: this.#time.toWall(created_at) },
      ...(expires_at === null ? {} : { expiresAt: this.#time.toWall(expires_at) }),
      ...(used_at === null ? {} : { lastUsedAt: this.#time.toWall(used_at) }),
    }
  }
}

/** Whether a token that somebody made can do more than they may now. */
export function isAbove(held: Role, token: TokenRow): boolean {
  return !satisfies(held, token.role)
}
