import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BenchError } from '../../../shared/wire/errors.ts'
import { isDatabase } from '../backup/data-files.ts'
import { checkAuditChain } from './check-audit-chain.ts'
import { checkDatabase } from './check-database.ts'
import { checkFiles } from './check-files.ts'
import { type CheckReport, several } from './finding.ts'

/** Looks at all of a data folder and changes nothing, also beside a bridge that runs on it. Rejects with `input.invalid` for a folder that is none. */
export async function checkDataFolder(dataDir: string): Promise<CheckReport> {
  let names: string[]
  try {
    names = readdirSync(dataDir)
  } catch (cause) {
    const message = `${dataDir} cannot be read (${(cause as Error).message}): name the data folder with --data, and ask as its owner`
    throw new BenchError('input.invalid', message, { cause })
  }
  if (!names.includes('lightbench.db'))
    throw new BenchError('input.invalid', `${dataDir} is no data folder: there is no lightbench.db in it`)
  const reports = [checkPermissions(dataDir, names)]
  for (const name of names.filter(isDatabase).sort()) {
    const report = checkDatabase(join(dataDir, name))
    reports.push(report)
    // Of one that is damaged no more is asked.
    if (name === 'lightbench.db' && report.wrong.length === 0) reports.push(await checkAuditChain(dataDir))
  }
  reports.push(...(await checkFiles(dataDir)))
  return { inOrder: reports.flatMap(({ inOrder }) => inOrder), wrong: reports.flatMap(({ wrong }) => wrong) }
}

function checkPermissions(dataDir: string, names: string[]): CheckReport {
  const isOpen = (path: string): boolean =>
    (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) % 0o100 !== 0
  const secret = names
    .filter((name) => isDatabase(name) || name === 'audit.key')
    .map((name) => join(dataDir, name))
  const open = [dataDir, ...secret].filter(isOpen)
  return {
    inOrder: [],
    wrong: several(open, 'are open to other users of this machine', 'chmod -R go= them: they hold secrets'),
  }
}
