import type { SQLInputValue } from 'node:sqlite'
import { z } from 'zod'
import { role, scope, type Role } from '../../shared/access/access.ts'
import type { Statement } from '../core/tables.ts'

/** A column of JSON text. */
const scopeText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(scope)

const userRow = z.object({
  name: z.string(),
  role,
  /** `password`: signs in here; `oidc`: by the lab's identity provider. */
  kind: z.enum(['password', 'oidc']),
  /** Of a user of the identity provider: the issuer and the provider's own name of the person. */
  subject: z.string().nullable(),
  /** argon2id; empty for whoever has none. */
  password: z.string(),
  scope: scopeText,
  /** The authenticator's secret in base32; null without one. */
  factor: z.string().nullable(),
  /** The time step of the code that was used last (RFC 6238 section 5.2). */
  factor_step: z.number().nullable(),
  created_at: z.number(),
  seen_at: z.number().nullable(),
})
export type UserRow = z.output<typeof userRow>

const sessionRow = z.object({
  id: z.string(),
  digest: z.string(),
  user: z.string(),
  address: z.string(),
  created_at: z.number(),
  seen_at: z.number(),
})
export type SessionRow = z.output<typeof sessionRow>

const tokenRow = z.object({
  id: z.string(),
  digest: z.string(),
  name: z.string(),
  role,
  scope: scopeText,
  created_by: z.string(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  used_at: z.number().nullable(),
})
export type TokenRow = z.output<typeof tokenRow>

const recoveryRow = z.object({ user: z.string(), digest: z.string() })
export type RecoveryRow = z.output<typeof recoveryRow>

const factRow = z.object({ name: z.string(), value: z.union([z.string(), z.number()]) })

/** Everything that access keeps, as it was at one moment. */
export interface Snapshot {
  users: UserRow[]
  sessions: SessionRow[]
  tokens: TokenRow[]
  recovery: RecoveryRow[]
  facts: Map<string, string | number>
}

const tableOf = (table: string, columns: readonly string[]): string =>
  `(SELECT json_group_array(json_object(${columns.map((column) => `'${column}', ${column}`).join(', ')})) FROM ${table}) AS ${table}`

/** One statement, so that its tables are of one moment. */
export const SNAPSHOT = `SELECT ${[
  tableOf('user', Object.keys(userRow.shape)),
  tableOf('session', Object.keys(sessionRow.shape)),
  tableOf('token', Object.keys(tokenRow.shape)),
  tableOf('recovery_code', Object.keys(recoveryRow.shape)),
  tableOf('access_fact', Object.keys(factRow.shape)),
].join(', ')}`

/** The snapshot in the row that `SNAPSHOT` gives. A row that is not understood lets nobody in. */
export function readSnapshot(row: Record<string, unknown>): Snapshot {
  const read = <S extends z.ZodType>(table: string, schema: S): z.output<S>[] => {
    const rows = JSON.parse(String(row[table])) as unknown[]
    return rows.flatMap((one) => {
      const parsed = schema.safeParse(one)
      return parsed.success ? [parsed.data] : []
    })
  }
  return {
    users: read('user', userRow),
    sessions: read('session', sessionRow),
    tokens: read('token', tokenRow),
    recovery: read('recovery_code', recoveryRow),
    facts: new Map(read('access_fact', factRow).map(({ name, value }) => [name, value])),
  }
}

const statement =
  (sql: string) =>
  (...values: SQLInputValue[]): Statement => ({ sql, values })

/** Somebody with a password can administer the whole bench besides this one. Part of the statement: a command line beside the bridge cannot come in between. */
const ANOTHER_ADMINISTRATOR =
  "(SELECT count(*) FROM user WHERE role = 'administrator' AND kind = 'password' AND scope = '{}' AND name <> ?1) > 0"
const IS_NEEDED = `role = 'administrator' AND kind = 'password' AND scope = '{}' AND NOT (${ANOTHER_ADMINISTRATOR})`

/** Roles as SQL compares them. */
const rankOf = (table: string): string =>
  `CASE ${table}.role ${role.options.map((one, rank) => `WHEN '${one}' THEN ${rank}`).join(' ')} END`

/** What is written of people. Each says in the changed rows whether it was done. */
export const write = {
  addUser: ({ name, role, kind, subject, password, scope, created_at }: UserRow): Statement =>
    statement(
      'INSERT INTO user (name, role, kind, subject, password, scope, created_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    )(name, role, kind, subject, password, JSON.stringify(scope), created_at),
  /** Changes nothing when nobody could administer the bench any more. */
  setRole: (name: string, held: Role): Statement =>
    statement(`UPDATE user SET role = ?2 WHERE name = ?1 AND (?2 = 'administrator' OR NOT (${IS_NEEDED}))`)(
      name,
      held,
    ),
  /** Changes nothing when nobody could administer the whole bench any more. */
  setScope: (name: string, scope: string): Statement =>
    statement(`UPDATE user SET scope = ?2 WHERE name = ?1 AND (?2 = '{}' OR NOT (${IS_NEEDED}))`)(
      name,
      scope,
    ),
  setPassword: statement("UPDATE user SET password = ?2 WHERE name = ?1 AND kind = 'password'"),
  /** Changes nothing for the last administrator, and for a later user of the name. */
  removeUser: (name: string, createdAt: number): Statement =>
    statement(`DELETE FROM user WHERE name = ?1 AND created_at = ?2 AND NOT (${IS_NEEDED})`)(name, createdAt),
  userSeen: statement('UPDATE user SET seen_at = max(coalesce(seen_at, 0), ?2) WHERE name = ?1'),

  /** Changes nothing when the password was changed, or the user removed, since it was looked at. */
  addSession: (session: SessionRow, password: string): Statement =>
    statement(
      'INSERT INTO session SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM user WHERE name = ?3 AND password = ?7)',
    )(
      session.id,
      session.digest,
      session.user,
      session.address,
      session.created_at,
      session.seen_at,
      password,
    ),
  sessionSeen: statement('UPDATE session SET seen_at = max(seen_at, ?2) WHERE id = ?1'),
  endSession: statement('DELETE FROM session WHERE id = ?'),
  /** All of a user's but one. */
  endSessions: statement('DELETE FROM session WHERE user = ? AND id <> ?'),

  addToken: (token: TokenRow): Statement =>
    statement('INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)')(
      token.id,
      token.digest,
      token.name,
      token.role,
      JSON.stringify(token.scope),
      token.created_by,
      token.created_at,
      token.expires_at,
    ),
  tokenUsed: statement('UPDATE token SET used_at = max(coalesce(used_at, 0), ?2) WHERE id = ?1'),
  endToken: statement('DELETE FROM token WHERE id = ?'),
  endTokensOf: statement('DELETE FROM token WHERE created_by = ?'),
  /** Those that somebody made who is no user any more. */
  endTokensOfRemoved: statement(
    'DELETE FROM token WHERE created_by = ?1 AND NOT EXISTS (SELECT 1 FROM user WHERE name = ?1)',
  ),
  /** Those that somebody made and that can do more than they. */
  endTokensAbove: statement(
    `DELETE FROM token WHERE created_by = ?1 AND ${rankOf('token')} > (SELECT ${rankOf('user')} FROM user WHERE name = ?1)`,
  ),

  setFactor: statement("UPDATE user SET factor = ?2, factor_step = ?3 WHERE name = ?1 AND kind = 'password'"),
  removeFactor: statement('UPDATE user SET factor = NULL, factor_step = NULL WHERE name = ?'),
  useFactorStep: statement('UPDATE user SET factor_step = max(coalesce(factor_step, 0), ?2) WHERE name = ?1'),
  addRecoveryCode: statement('INSERT INTO recovery_code VALUES (?, ?)'),
  useRecoveryCode: statement('DELETE FROM recovery_code WHERE user = ? AND digest = ?'),
  removeRecoveryCodes: statement('DELETE FROM recovery_code WHERE user = ?'),

  /** The latest time there was; it never goes back. */
  latest: statement(
    "INSERT INTO access_fact VALUES ('latest', ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
  ),
  /** The bench's id, once. */
  benchId: statement("INSERT INTO access_fact VALUES ('bench', ?) ON CONFLICT DO NOTHING"),
}
