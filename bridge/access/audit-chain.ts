import { createHmac } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Row, Statement } from '../core/tables.ts'

/** The members of a line that its hash covers, in this order, behind the hash of the line before and its own number. */
export const HASHED = [
  ...(['at', 'who', 'via', 'address', 'action', 'device', 'input', 'outcome', 'message', 'ms'] as const),
]

/**
 * HMAC-SHA-256 (RFC 2104) over the JSON array of these values, in hex. For a line they are the hash of the line before,
 * its number and the members above; for a seal what it seals (`anchor` or `end`), a line's number and its hash. As JavaScript writes JSON, so that
 * the hash does not depend on how some version of SQLite writes a number.
 */
export function auditHash(key: Uint8Array, ...values: SQLOutputValue[]): string {
  return createHmac('sha256', key).update(JSON.stringify(values)).digest('hex')
}

/** Gives statements on this connection `audit_hash(key, …)`: a line is chained to the one before it where both are in one transaction. */
export function addAuditHash(db: DatabaseSync): void {
  const options = { deterministic: true, directOnly: true, varargs: true }
  db.function('audit_hash', options, (key, ...values) => auditHash(key as Uint8Array, ...values))
}

/** The number and the hash of the last line, also when retention has taken it. */
const LAST = `
  SELECT coalesce((SELECT max(id) FROM audit), number) AS id,
    coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1), hash) AS hash
  FROM audit_anchor`

/**
 * The steps that chain an audit. First its lines are set free, so that a step between the two may still change them:
 * once they are chained, nothing does. Retention cuts the chain's beginning off; its anchor, sealed with the key, keeps
 * the number and the hash of the last line that is gone, from which the rest verifies. The end is sealed likewise, so
 * that nobody without the key cuts lines off there.
 */
export const setFree = 'DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_kept; DROP TABLE audit_kept;'

export function chained(key: Uint8Array): string {
  const literal = `x'${Buffer.from(key).toString('hex')}'`
  return `
  ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';
  CREATE TABLE audit_anchor (number INTEGER NOT NULL, hash TEXT NOT NULL, seal TEXT NOT NULL) STRICT;
  INSERT INTO audit_anchor VALUES (0, '', audit_hash(${literal}, 'anchor', 0, ''));
  WITH RECURSIVE chain (id, hash) AS (
    SELECT 0, ''
    UNION ALL
    SELECT audit.id, audit_hash(${literal}, chain.hash, audit.id, ${HASHED.join(', ')})
    FROM chain JOIN audit ON audit.id = (SELECT min(id) FROM audit WHERE id > chain.id)
  )
  UPDATE audit SET hash = chain.hash FROM chain WHERE chain.id = audit.id;
  CREATE TABLE audit_end (number INTEGER NOT NULL, hash TEXT NOT NULL, seal TEXT NOT NULL) STRICT;
  INSERT INTO audit_end SELECT id, hash, audit_hash(${literal}, 'end', id, hash) FROM (${LAST});
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN OLD.id > (SELECT number FROM audit_anchor)
    BEGIN SELECT RAISE(ABORT, 'the audit is kept for its set time'); END;
  CREATE TRIGGER audit_anchor_is_a_line BEFORE UPDATE ON audit_anchor
    WHEN NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.number AND hash = NEW.hash)
    BEGIN SELECT RAISE(ABORT, 'the audit is anchored to one of its lines'); END;
  CREATE TRIGGER audit_anchor_is_kept BEFORE DELETE ON audit_anchor
    BEGIN SELECT RAISE(ABORT, 'the audit keeps its anchor'); END;`
}

const APPEND = `
  WITH line (${HASHED.join(', ')}) AS (VALUES (${HASHED.map(() => '?').join(', ')})), before AS (${LAST})
  INSERT INTO audit (id, ${HASHED.join(', ')}, hash)
  SELECT before.id + 1, line.*, audit_hash(?, before.hash, before.id + 1, ${HASHED.join(', ')}) FROM line, before`

const SEAL_END = `
  UPDATE audit_end SET number = last.id, hash = last.hash, seal = audit_hash(?, 'end', last.id, last.hash)
  FROM (${LAST}) AS last`

/**
 * Appends a line. Its number and its hash are found in the transaction that writes it: whatever is lost or written again
 * before it, and whoever else writes, the chain stays whole.
 */
export function appended(
  key: Uint8Array,
  line: { [K in (typeof HASHED)[number]]?: string | number | undefined },
): Statement[] {
  return [
    { sql: APPEND, values: [...HASHED.map((member) => line[member] ?? null), key] },
    { sql: SEAL_END, values: [key] },
  ]
}

/** The line up to which a chain is to be cut off next, in pieces of `most` lines; answers `id` and `hash`, or no row. Retention takes lines from the beginning only: one from a time yet to come is as old as those beside it. */
export function cutting(since: number, now: number, most: number): Required<Statement> {
  const sql = `
    WITH oldest AS (SELECT id, at, hash FROM audit WHERE at <= ? ORDER BY id LIMIT ?),
    young AS (SELECT min(id) AS id FROM oldest WHERE at >= ?)
    SELECT oldest.id, hash FROM oldest, young WHERE young.id IS NULL OR oldest.id < young.id ORDER BY oldest.id DESC LIMIT 1`
  return { sql, values: [now, most, since] }
}

/** Cuts off the lines up to this one, and anchors the rest to it. */
export function cutOff(key: Uint8Array, { id, hash }: { id: number; hash: string }): Statement[] {
  return [
    {
      sql: "UPDATE audit_anchor SET number = ?, hash = ?, seal = audit_hash(?, 'anchor', ?, ?)",
      values: [id, hash, key, id, hash],
    },
    { sql: 'DELETE FROM audit WHERE id <= ?', values: [id] },
  ]
}

export function lineHash(key: Uint8Array, before: string, row: Row): string {
  return auditHash(key, before, row['id'] ?? null, ...HASHED.map((member) => row[member] ?? null))
}
