import { existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import { versionsOf } from '../backup/copy-database.ts'
import { newerThanKnown } from '../schema-versions.ts'
import { SQLITE, sqliteCode } from '../sqlite.ts'
import type { CheckReport } from './finding.ts'

const LOCK_MS = 5000
const RESTORE = 'end the bridge and restore a backup (lightbench restore)'

/** Opens a database to read it, also beside a bridge that writes. Throws what SQLite throws. */
export function openToRead(file: string): DatabaseSync {
  const options = { readOnly: true, timeout: LOCK_MS }
  try {
    const db = new DatabaseSync(file, options)
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return db
  } catch (error) {
    if (sqliteCode(error) !== SQLITE.cantOpen || existsSync(`${file}-wal`)) throw error
    // A folder that takes no files: nobody writes there, so that no lock is needed.
    return new DatabaseSync(new URL(`${pathToFileURL(file).href}?immutable=1`), options)
  }
}

/** Whether a database is whole: its pages and indexes, what its rows refer to, and that this program knows its tables. */
export function checkDatabase(file: string): CheckReport {
  const name = basename(file)
  const wrong = (what: string, remedy = RESTORE): CheckReport => ({
    inOrder: [],
    wrong: [{ what: `${file} ${what}`, remedy }],
  })
  if (statSync(file).size === 0) return wrong('is empty (0 bytes)')
  try {
    using db = openToRead(file)
    const broken = db
      .prepare('PRAGMA integrity_check(5)')
      .all()
      .map(({ integrity_check: found }) => String(found))
    if (broken[0] !== 'ok') return wrong(`is damaged: ${broken.join('; ')}`)
    const loose = db.prepare('PRAGMA foreign_key_check').all()
    if (loose.length > 0)
      return wrong(
        `has ${loose.length} rows that refer to nothing, the first in ${String(loose[0]?.['table'])}`,
      )
    const versions = versionsOf(db)
    const newer = newerThanKnown(name, versions)
    if (newer.length > 0)
      return wrong(
        `is of a newer Lightbench (${newer.join(', ')})`,
        'start that one, or restore a backup made before the upgrade (lightbench restore)',
      )
    const said = Object.entries(versions).map(([owner, version]) => `${owner} ${version}`)
    return { inOrder: [`${name}: whole; tables: ${said.join(', ')}`], wrong: [] }
  } catch (error) {
    return wrong(`cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
}
