import { basename } from 'node:path'
import { BenchError } from '../../../shared/wire/errors.ts'
import { checkAudit } from '../../access/audit-check.ts'
import { auditKeyFile, readAuditKey } from '../../access/audit-key.ts'
import { databaseFile } from '../sqlite.ts'
import { openToRead } from './check-database.ts'
import type { CheckReport } from './finding.ts'

/** Verifies the audit's hash chain with the key beside it. */
export async function checkAuditChain(dataDir: string): Promise<CheckReport> {
  const wrong = (what: string, remedy: string): CheckReport => ({ inOrder: [], wrong: [{ what, remedy }] })
  using db = openToRead(databaseFile(dataDir))
  if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit_end'").get())
    return { inOrder: ['audit: not chained yet, which the next start of the bridge does'], wrong: [] }
  const key = await readAuditKey(dataDir).catch((error: unknown) => {
    if (error instanceof BenchError) return error
    throw error
  })
  const keyFile = auditKeyFile(dataDir)
  if (key instanceof BenchError) return wrong(key.message, `restore ${basename(keyFile)} from a backup`)
  if (!key)
    return wrong(
      `${keyFile} is missing: the audit cannot be verified`,
      'restore it from a backup; without it the next start makes a new one, by which the old lines never verify',
    )
  const { lines, first, last, wrong: misfit } = checkAudit(db, key)
  if (misfit !== undefined)
    return wrong(
      `the audit is not whole (${lines} lines before that are): ${misfit}`,
      'compare it with a backup, and with the last lines that the log has named: whoever writes the data folder can have done it',
    )
  if (!first || !last) return { inOrder: ['audit: no lines, whole'], wrong: [] }
  const time = (at: number): string => new Date(at).toISOString()
  const said = `audit: ${lines} lines, whole from ${time(first.at)} to ${time(last.at)}; the last is line ${last.id} with the hash ${last.hash}`
  return { inOrder: [said], wrong: [] }
}
