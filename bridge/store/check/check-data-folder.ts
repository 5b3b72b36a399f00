import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BenchError } from '../../../shared/errors.ts'
import { isDatabase } from '../backup/data-files.ts'
import { checkAuditChain } from './check-audit-chain.ts'
import { checkDatabase } from './check-database.ts'
import { checkFiles } from './check-files.ts'
import { type Look, several } from './finding.ts'

/** Looks at all of a data folder and changes nothing, also beside a bridge that runs on it. Rejects with `input.invalid` for a folder that is none. */
export async function checkDataFolder(dataDir: string): Promise<Look> {
  let names: string[]
  try {
    names = readdirSync(dataDir)
  } catch (cause) {
    const message = `${dataDir} cannot be read (${(cause as Error).message}): name the data folder with --data, and ask as its owner`
    throw new BenchError('input.invalid', message, { cause })
  }
  if (!names.includes('lightbench.db'))
    throw new BenchError('input.invalid', `${dataDir} is no data folder: there is no lightbench.db in it`)
  const looks = [checkPermissions(dataDir, names)]
  for (const name of names.filter(isDatabase).sort()) {
    const look = checkDatabase(join(dataDir, name))
    looks.push(look)
    // Of one that is damaged no more is asked.
    if (name === 'lightbench.db' && look.wrong.length === 0) looks.push(await checkAuditChain(dataDir))
  }
  looks.push(...(await checkFiles(dataDir)))
  return { inOrder: looks.flatMap(({ inOrder }) => inOrder), wrong: looks.flatMap(({ wrong }) => wrong) }
}

function checkPermissions(dataDir: string, names: string[]): Look {
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
