import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { addressShown } from '../../shared/watches/web-address.ts'
import { keptInput } from '../core/kept-input.ts'

const ROWS_AT_ONCE = 500
const line = z.object({
  id: z.number(),
  action: z.string(),
  input: z.string(),
  message: z.string().nullable(),
})
const trigger = z.object({ name: z.string(), sql: z.string() })

/**
 * Takes out of lines of the audit what older versions have kept in clear: inputs are written anew as they would be kept
 * today, and addresses in messages without who signs in and what is asked. Answers how many lines were changed.
 *
 * A step of the migration: it takes away the triggers that keep lines from being changed, and puts them back as they
 * were, in one transaction. What was there is overwritten on disk; the log of writes has it until the next checkpoint,
 * which is made here unless a transaction of the caller's is open.
 */
export function purgeAuditSecrets(db: DatabaseSync): number {
  const isStep = db.isTransaction
  const before = db.prepare('PRAGMA secure_delete').get()?.['secure_delete']
  db.exec('PRAGMA secure_delete = ON')
  if (!isStep) db.exec('BEGIN IMMEDIATE')
  let changed = 0
  try {
    const triggers = z
      .array(trigger)
      .parse(
        db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'").all(),
      )
    for (const { name } of triggers) db.exec(`DROP TRIGGER "${name.replaceAll('"', '""')}"`)
    changed = rewriteAll(db)
    for (const { sql } of triggers) db.exec(sql)
    if (!isStep) db.exec('COMMIT')
  } catch (error) {
    if (!isStep) db.exec('ROLLBACK')
    throw error
  } finally {
    db.exec(`PRAGMA secure_delete = ${Number(before ?? 0)}`)
  }
  if (!isStep) db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return changed
}

function rewriteAll(db: DatabaseSync): number {
  const read = db.prepare('SELECT id, action, input, message FROM audit WHERE id > ? ORDER BY id LIMIT ?')
  const write = db.prepare('UPDATE audit SET input = ?, message = ? WHERE id = ?')
  let changed = 0
  let after = -1
  for (;;) {
    const rows = z.array(line).parse(read.all(after, ROWS_AT_ONCE))
    if (rows.length === 0) return changed
    for (const { id, action, input, message } of rows) {
      after = id
      const kept = keptInput(action, parsed(input))
      const words = message && withoutAddresses(message)
      if (kept === input && words === message) continue
      write.run(kept, words, id)
      changed += 1
    }
  }
}

/** What was cut is no input any more: of it only its length is kept. */
function parsed(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch {
    return input
  }
}

function withoutAddresses(message: string): string {
  return message.replaceAll(/https?:\/\/[^\s"'<>]+/gi, (found) => {
    const [, address = found, end = ''] = /^(.*?)([),.;:]*)$/s.exec(found) ?? []
    return addressShown(address) + end
  })
}
