import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Database } from '../../bridge/store/database.ts'

/** A bench's database in a folder of its own, or the one of this file. */
export function openTables(
  file = join(mkdtempSync(join(tmpdir(), 'lightbench-')), 'lightbench.db'),
): Promise<Database> {
  return Database.open({ file, log: pino({ level: 'silent' }) })
}
