import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { BENCH_FILE } from '../store/backup/manifest.ts'
import { restoreBackup } from '../store/backup/restore-backup.ts'
import type { Action } from './action.ts'
import { noteInAudit } from './audit-note.ts'
import { dataDirOf, dataOptions } from './data-dir.ts'
import { positionals } from './positionals.ts'

export const restore: Action = {
  usage: 'BACKUP [--data FOLDER | --config FILE] [--force]',
  about:
    "Put a backup's data into a data folder that no bridge uses and that is empty; --force moves aside what is in it.",
  async run(args, terminal) {
    const { values, positionals: given } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...dataOptions, force: { type: 'boolean', default: false } },
    })
    const [backup] = positionals(given, ['BACKUP'])
    const dataDir = await dataDirOf(values)
    const { manifest, movedTo } = await restoreBackup({
      ...{ backup, dataDir, force: values.force },
      prepare: async (restored) => {
        await noteInAudit(restored, { action: 'restore', message: `restored from ${resolve(backup)}` }).catch(
          (error: unknown) => {
            terminal.note(`The audit does not say that it was restored: ${String(error)}`)
          },
        )
      },
    })
    terminal.print(`${dataDir} is restored as it was at ${manifest.madeAt}.`)
    if (movedTo !== undefined) terminal.note(`What was there before is in ${movedTo}.`)
    if (manifest.without.length > 0)
      terminal.note('The backup was made without the gallery: its pictures are missing.')
    terminal.note(
      `The bench's file of that time is ${join(resolve(backup), BENCH_FILE)}: compare it with yours.`,
    )
  },
}
