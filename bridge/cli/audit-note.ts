import { readAuditKey } from '../access/audit-key.ts'
import { appended } from '../access/audit-chain.ts'
import { databaseFile, openDatabase } from '../store/sqlite.ts'

/** Something that the command line did. */
interface Done {
  action: string
  /** As the audit keeps it: JSON, without secrets. */
  input?: string
  message?: string
}

/** Writes into a bench's audit what the command line did; answers false where there is none yet. Throws what SQLite throws. */
export async function noteInAudit(
  dataDir: string,
  { action, input = '{}', message }: Done,
): Promise<boolean> {
  const key = await readAuditKey(dataDir)
  if (!key) return false
  using db = openDatabase(databaseFile(dataDir))
  if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit_end'").get()) return false
  const who = { who: 'command line', via: 'local', address: 'local' }
  const line = { at: Date.now(), ...who, action, input, outcome: 'ok', message, ms: 0 }
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const { sql, values = [] } of appended(key, line)) db.prepare(sql).run(...values)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
  return true
}
