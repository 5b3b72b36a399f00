import { open } from 'node:fs/promises'
import { backup, DatabaseSync } from 'node:sqlite'
import { BenchError } from '../../../shared/wire/errors.ts'

const LOCK_MS = 5000
/** All pages at once: otherwise the copy begins anew whenever the bridge has written meanwhile. */
const PAGES_A_STEP = 2 ** 31 - 1

export interface CopiedDatabase {
  /** Its tables' owners with their versions. */
  versions: Record<string, number>
  /** The last line of the audit, where there is one. */
  audit: { number: number; hash: string } | undefined
}

/** Copies a database that others may be writing, as it is at one moment, whole and in one file. Rejects with `storage.failed` when it is damaged. */
export async function copyDatabase(from: string, to: string): Promise<CopiedDatabase> {
  // Before SQLite makes it, which would let others read it.
  await (await open(to, 'wx', 0o600)).close()
  try {
    using source = new DatabaseSync(from, { readOnly: true, timeout: LOCK_MS })
    await backup(source, to, { rate: PAGES_A_STEP })
    using copy = new DatabaseSync(to)
    copy.exec('PRAGMA journal_mode = DELETE')
    const { quick_check: found } = copy.prepare('PRAGMA quick_check(1)').get() ?? {}
    if (found !== 'ok') throw new Error(String(found))
    return { versions: versionsOf(copy), audit: lastLine(copy) }
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new BenchError(
      'storage.failed',
      `${from} cannot be copied (${said}): lightbench check looks at it`,
      { cause },
    )
  }
}

/** The versions of a database's tables, by owner. */
export function versionsOf(db: DatabaseSync): Record<string, number> {
  const rows = db.prepare('SELECT owner, version FROM migration ORDER BY owner').all()
  // The bridge tries with this one whether the disk takes something.
  const owners = rows.filter(({ owner }) => owner !== 'tried at')
  return Object.fromEntries(owners.map(({ owner, version }) => [String(owner), Number(version)]))
}

function lastLine(db: DatabaseSync): CopiedDatabase['audit'] {
  if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit_end'").get()) return undefined
  const row = db.prepare('SELECT number, hash FROM audit_end').get()
  return row && { number: Number(row['number']), hash: String(row['hash']) }
}
