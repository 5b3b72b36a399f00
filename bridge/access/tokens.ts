import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { role, satisfies, scope, type Role, type Scope } from '../../shared/access.ts'
import { BenchError } from '../../shared/errors.ts'
import type { Token } from '../../shared/people.ts'
import { digestOf, idOf, newSecret } from './secret.ts'

/** Tells a token from anything else, for those who find one lying about. */
const PREFIX = 'lb_'
const USED_EVERY_MS = 60_000

const row = z.object({
  id: z.string(),
  name: z.string(),
  role,
  scope: z.string().transform((text) => scope.parse(JSON.parse(text))),
  created_by: z.string(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  used_at: z.number().nullable(),
})

/** What a new token is to be. */
export interface TokenWish {
  name: string
  role: Role
  scope: Scope
  expiresAt?: number | undefined
}

/** Keys for scripts, kiosks, WHIP and WHEP. */
export class Tokens {
  readonly #db: DatabaseSync
  readonly #now: () => number

  constructor(db: DatabaseSync, now: () => number) {
    this.#db = db
    this.#now = now
  }

  /** Makes a token; its secret is in the answer and nowhere else. Throws `input.invalid` for one that has expired already. */
  add({ name, role, scope, expiresAt }: TokenWish, createdBy: string): Token & { secret: string } {
    const now = this.#now()
    if (expiresAt !== undefined && expiresAt <= now) {
      throw new BenchError('input.invalid', 'expiresAt: this time has passed already: give a later one')
    }
    const secret = PREFIX + newSecret()
    const digest = digestOf(secret)
    const id = idOf(digest)
    this.#db
      .prepare('INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)')
      .run(id, digest, name, role, JSON.stringify(scope), createdBy, now, expiresAt ?? null)
    const expiry = expiresAt === undefined ? {} : { expiresAt }
    return { id, name, role, scope, createdBy, createdAt: now, ...expiry, secret }
  }

  /** The token of this secret; undefined for none, and for one that has expired. */
  find(secret: string): Token | undefined {
    if (!secret.startsWith(PREFIX)) return undefined
    const found = row.safeParse(
      this.#db.prepare('SELECT * FROM token WHERE digest = ?').get(digestOf(secret)),
    )
    if (!found.success) return undefined
    const now = this.#now()
    const { id, expires_at, used_at } = found.data
    if (expires_at !== null && expires_at <= now) return undefined
    if (used_at === null || now - used_at >= USED_EVERY_MS) {
      this.#db.prepare('UPDATE token SET used_at = ? WHERE id = ?').run(now, id)
    }
    return told(found.data)
  }

  /** The role of the token, by its name; undefined when it was revoked or has expired. This is no use of it. */
  roleOf(id: string): Role | undefined {
    const found = row.safeParse(this.#db.prepare('SELECT * FROM token WHERE id = ?').get(id))
    if (!found.success) return undefined
    const { role, expires_at } = found.data
    return expires_at !== null && expires_at <= this.#now() ? undefined : role
  }

  list(): Token[] {
    return this.#db
      .prepare('SELECT * FROM token ORDER BY created_at')
      .all()
      .map((found) => told(row.parse(found)))
  }

  /** Throws `token.unknown`. */
  revoke(id: string): void {
    const { changes } = this.#db.prepare('DELETE FROM token WHERE id = ?').run(id)
    if (changes === 0) throw new BenchError('token.unknown', `there is no token "${id}"`)
  }

  /** Ends the tokens that somebody made and that can do more than a role can. */
  revokeAbove(held: Role, user: string): void {
    for (const { id, role: made, createdBy } of this.list()) {
      if (createdBy === user && !satisfies(held, made)) this.revoke(id)
    }
  }

  /** Ends the tokens that somebody made. */
  revokeAllOf(user: string): void {
    this.#db.prepare('DELETE FROM token WHERE created_by = ?').run(user)
  }
}

function told({
  id,
  name,
  role,
  scope,
  created_by,
  created_at,
  expires_at,
  used_at,
}: z.output<typeof row>): Token {
  return {
    id,
    name,
    role,
    scope,
    createdBy: created_by,
    createdAt: created_at,
    ...(expires_at === null ? {} : { expiresAt: expires_at }),
    ...(used_at === null ? {} : { lastUsedAt: used_at }),
  }
}
