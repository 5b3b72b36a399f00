import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { role, type Role } from '../../shared/access.ts'
import { digestOf, idOf, newSecret } from './secret.ts'

/** Being seen is written down at most so often. */
const SEEN_EVERY_MS = 60_000

const found = z.object({
  id: z.string(),
  user: z.string(),
  role,
  address: z.string(),
  created_at: z.number(),
  seen_at: z.number(),
})

/** How long a session lasts. */
export interface SessionLimits {
  idleMs: number
  mostMs: number
}

/** Browsers that are signed in. A session ends when it is idle for too long, and at the latest after its longest time. */
export class Sessions {
  readonly #db: DatabaseSync
  readonly #limits: SessionLimits
  readonly #now: () => number

  constructor(db: DatabaseSync, limits: SessionLimits, now: () => number) {
    this.#db = db
    this.#limits = limits
    this.#now = now
  }

  /** Answers the secret that the browser's cookie is to carry. */
  open(user: string, address: string): string {
    this.#purge()
    const secret = newSecret()
    const digest = digestOf(secret)
    const now = this.#now()
    this.#db
      .prepare('INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)')
      .run(idOf(digest), digest, user, address, now, now)
    this.#db.prepare('UPDATE user SET seen_at = ? WHERE name = ?').run(now, user)
    return secret
  }

  /** Whose session this secret opens, with the role they have now; undefined for none, and for one that is over. */
  find(secret: string): { id: string; user: string; role: Role } | undefined {
    const sql =
      'SELECT session.*, user.role FROM session JOIN user ON user.name = session.user WHERE digest = ?'
    const row = found.safeParse(this.#db.prepare(sql).get(digestOf(secret)))
    if (!row.success || !this.#lasts(row.data)) return undefined
    const { id, user, role, seen_at } = row.data
    const now = this.#now()
    if (now - seen_at >= SEEN_EVERY_MS) {
      this.#db.prepare('UPDATE session SET seen_at = ? WHERE id = ?').run(now, id)
      this.#db.prepare('UPDATE user SET seen_at = ? WHERE name = ?').run(now, user)
    }
    return { id, user, role }
  }

  /** The role of whoever has the session, by its name; undefined when it is over. This is no use of it. */
  roleOf(id: string): Role | undefined {
    const sql = 'SELECT session.*, user.role FROM session JOIN user ON user.name = session.user WHERE id = ?'
    const row = found.safeParse(this.#db.prepare(sql).get(id))
    return row.success && this.#lasts(row.data) ? row.data.role : undefined
  }

  /** A user's sessions that last, newest first. */
  of(user: string): { id: string; address: string; createdAt: number; lastSeenAt: number }[] {
    const sql =
      'SELECT session.*, user.role FROM session JOIN user ON user.name = session.user WHERE user = ? ORDER BY session.created_at DESC'
    return this.#db
      .prepare(sql)
      .all(user)
      .map((row) => found.parse(row))
      .filter((session) => this.#lasts(session))
      .map(({ id, address, created_at, seen_at }) => ({
        id,
        address,
        createdAt: created_at,
        lastSeenAt: seen_at,
      }))
  }

  close(id: string): void {
    this.#db.prepare('DELETE FROM session WHERE id = ?').run(id)
  }

  /** Ends all of a user's sessions but `except`. */
  closeAll(user: string, except = ''): void {
    this.#db.prepare('DELETE FROM session WHERE user = ? AND id <> ?').run(user, except)
  }

  #lasts({ created_at, seen_at }: { created_at: number; seen_at: number }): boolean {
    const now = this.#now()
    // What is seen is written down late by up to a minute, in the user's favour.
    return now - created_at < this.#limits.mostMs && now - seen_at < this.#limits.idleMs + SEEN_EVERY_MS
  }

  #purge(): void {
    const now = this.#now()
    this.#db
      .prepare('DELETE FROM session WHERE created_at < ? OR seen_at < ?')
      .run(now - this.#limits.mostMs, now - this.#limits.idleMs - SEEN_EVERY_MS)
  }
}
