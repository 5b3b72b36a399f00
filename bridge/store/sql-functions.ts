import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { addAuditHash } from '../access/audit-chain.ts'
import type * as auditSecrets from '../access/audit-secrets.ts'

type AuditSecrets = typeof auditSecrets

const load = createRequire(import.meta.url)

/** What statements of the bench's databases can call besides SQLite's own functions. */
export function addFunctions(db: DatabaseSync): void {
  addAuditHash(db)
  // Loaded when a step of the audit calls it, once in the life of a database: it needs every command's schema.
  db.function('audit_purge_secrets', { directOnly: true }, () => {
    const { purgeAuditSecrets } = load('../access/audit-secrets.ts') as AuditSecrets
    return purgeAuditSecrets(db)
  })
}
