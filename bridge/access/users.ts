import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { role, type Role } from '../../shared/access.ts'
import { BenchError } from '../../shared/errors.ts'
import type { User } from '../../shared/people.ts'
import { hashPassword, isPassword, requireGoodPassword } from './passwords.ts'

const row = z.object({
  name: z.string(),
  role,
  created_at: z.number(),
  seen_at: z.number().nullable(),
  sessions: z.number(),
})

/** Part of the statement that changes: a command line beside the bridge cannot come in between. */
const SOMEBODY_IS_LEFT =
  "(role <> 'administrator' OR (SELECT count(*) FROM user WHERE role = 'administrator') > 1)"

/** Those who can sign in. */
export class Users {
  readonly #db: DatabaseSync
  readonly #now: () => number

  constructor(db: DatabaseSync, now: () => number) {
    this.#db = db
    this.#now = now
  }

  get empty(): boolean {
    return this.#db.prepare('SELECT 1 FROM user LIMIT 1').get() === undefined
  }

  list(): User[] {
    const sql =
      'SELECT user.*, (SELECT count(*) FROM session WHERE user = name) AS sessions FROM user ORDER BY name'
    return this.#db
      .prepare(sql)
      .all()
      .map((found) => row.parse(found))
      .map(({ name, role, created_at, seen_at, sessions }) => ({
        name,
        role,
        createdAt: created_at,
        ...(seen_at === null ? {} : { lastSeenAt: seen_at }),
        sessions,
      }))
  }

  /** The role that somebody has now who was a user at a time (ms since the epoch); undefined when they are one no more. */
  roleOf(name: string, at: number): Role | undefined {
    // One who was added later is somebody else of that name.
    return this.list().find((user) => user.name === name && user.createdAt <= at)?.role
  }

  /** Rejects with `user.exists`, or `input.invalid` for a bad password. */
  async add(name: string, held: Role, password: string): Promise<void> {
    const kept = await this.#kept(name, password)
    if (this.#passwordOf(name) !== undefined)
      throw new BenchError('user.exists', `there is a user "${name}" already`)
    this.#db
      .prepare('INSERT INTO user (name, role, password, created_at) VALUES (?, ?, ?, ?)')
      .run(name, held, kept, this.#now())
  }

  /** Throws `user.unknown`, and `input.invalid` when nobody would be administrator any more. */
  setRole(name: string, held: Role): void {
    const sql = `UPDATE user SET role = ? WHERE name = ? AND (? = 'administrator' OR ${SOMEBODY_IS_LEFT})`
    if (this.#db.prepare(sql).run(held, name, held).changes === 0) this.#refuse(name)
  }

  /** Rejects with `user.unknown`, or `input.invalid` for a bad password. Ends no session by itself. */
  async setPassword(name: string, password: string): Promise<void> {
    const kept = await this.#kept(name, password)
    const sql = 'UPDATE user SET password = ? WHERE name = ?'
    if (this.#db.prepare(sql).run(kept, name).changes === 0) throw unknown(name)
  }

  /** Throws `user.unknown`, and `input.invalid` for the last administrator. Their sessions go with them. */
  remove(name: string): void {
    const sql = `DELETE FROM user WHERE name = ? AND ${SOMEBODY_IS_LEFT}`
    if (this.#db.prepare(sql).run(name).changes === 0) this.#refuse(name)
  }

  /** Whether this is the user's password; as slow for a user that there is not. */
  async check(name: string, password: string): Promise<boolean> {
    const kept = this.#passwordOf(name)
    // Looked at again: it may have been changed while the threads were at work.
    return (await isPassword(kept, password)) && this.#passwordOf(name) === kept
  }

  #passwordOf(name: string): string | undefined {
    const found = this.#db.prepare('SELECT password FROM user WHERE name = ?').get(name)
    return typeof found?.['password'] === 'string' ? found['password'] : undefined
  }

  async #kept(name: string, password: string): Promise<string> {
    requireGoodPassword(name, password)
    return hashPassword(password)
  }

  #refuse(name: string): never {
    if (this.#passwordOf(name) === undefined) throw unknown(name)
    const message = `${name} is the last administrator: make somebody else administrator first`
    throw new BenchError('input.invalid', message)
  }
}

function unknown(name: string): BenchError {
  return new BenchError('user.unknown', `there is no user "${name}"`)
}
