import type { DatabaseSync } from 'node:sqlite'
import { auditHash, HASHED, lineHash } from './audit-chain.ts'
import type { Row } from '../core/tables.ts'

/** A line of the audit: its number, its time in ms since the epoch, its hash. */
export interface AuditLine {
  id: number
  at: number
  hash: string
}

/** What a look at the whole chain found. */
export interface AuditCheck {
  /** Lines that were looked at: all, or those up to the one that does not fit. */
  lines: number
  first: AuditLine | undefined
  last: AuditLine | undefined
  /** What does not fit, in words for people; undefined when the chain is whole. */
  wrong: string | undefined
}

/** Verifies the chain from its anchor to its last line. One transaction: what is written meanwhile is not seen. */
export function checkAudit(db: DatabaseSync, key: Uint8Array): AuditCheck {
  const found: AuditCheck = { lines: 0, first: undefined, last: undefined, wrong: undefined }
  db.exec('BEGIN')
  try {
    const [anchor, end] = [sealed(db, key, 'anchor'), sealed(db, key, 'end')]
    if (!anchor?.holds) {
      const where = anchor ? `, behind line ${anchor.id},` : ''
      return {
        ...found,
        wrong: `the seal of its beginning${where} was not made with this audit.key${WHICH_KEY}`,
      }
    }
    let before = anchor.hash
    const columns = ['id', ...HASHED, 'hash'].join(', ')
    for (const row of db
      .prepare(`SELECT ${columns} FROM audit WHERE id > ? ORDER BY id`)
      .iterate(anchor.id)) {
      const line = lineOf(row)
      if (line.hash !== lineHash(key, before, row)) return { ...found, wrong: misfit(line, found) }
      before = line.hash
      found.lines += 1
      found.first ??= line
      found.last = line
    }
    if (!end?.holds || before !== end.hash) found.wrong = cutShort(end, found)
    return found
  } finally {
    db.exec('ROLLBACK')
  }
}

const WHICH_KEY = ': restore the key that belongs to this database'

function misfit({ id, at }: AuditLine, { last }: AuditCheck): string {
  const line = `line ${id} of ${new Date(at).toISOString()} does not fit`
  if (!last) return `${line}, which is the first: it was changed, or lines before it are missing`
  return `${line} line ${last.id}, which is the last that does: it was changed, lines between the two are missing, or audit.key was replaced${WHICH_KEY}`
}

function cutShort(end: { id: number; holds: boolean } | undefined, { last }: AuditCheck): string {
  const where = last ? `behind line ${last.id}` : 'at its end'
  if (!end?.holds) return `the seal of its end, ${where}, was not made with this audit.key${WHICH_KEY}`
  return `lines ${where} are missing: line ${end.id} is to be the last`
}

function sealed(
  db: DatabaseSync,
  key: Uint8Array,
  what: 'anchor' | 'end',
): { id: number; hash: string; holds: boolean } | undefined {
  const row = db.prepare(`SELECT number, hash, seal FROM audit_${what}`).get()
  if (!row) return undefined
  const [id, hash] = [Number(row['number']), String(row['hash'])]
  return { id, hash, holds: row['seal'] === auditHash(key, what, id, hash) }
}

function lineOf(row: Row): AuditLine {
  return { id: Number(row['id']), at: Number(row['at']), hash: String(row['hash']) }
}
