import { parseArgs } from 'node:util'
import { makeBackup } from '../store/backup/make-backup.ts'
import { packageVersion } from '../bench/version.ts'
import type { Action } from './action.ts'
import { noteInAudit } from './audit-note.ts'
import { configOption, readBenchFile } from './bench-file.ts'
import { positionals } from './positionals.ts'

export const backup: Action = {
  usage: 'FOLDER [--without-gallery] [--config FILE]',
  about:
    'Copy a bench that runs or not into a new folder in FOLDER, and print its name. It holds secrets: keep it where nobody else reads.',
  async run(args, terminal) {
    const { values, positionals: given } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...configOption, 'without-gallery': { type: 'boolean', default: false } },
    })
    const [into] = positionals(given, ['FOLDER'])
    const { dataDir } = await readBenchFile(values.config)
    // Secrets leave the house: that is in the audit, where it can be written, and in the copy of it.
    await noteInAudit(dataDir, { action: 'backup', message: `a backup is made into ${into}` }).catch(
      (error: unknown) => {
        terminal.note(`The audit does not say that this backup was made: ${String(error)}`)
      },
    )
    const { folder, manifest } = await makeBackup({
      ...{ dataDir, into, benchFile: values.config, withoutGallery: values['without-gallery'] },
      version: await packageVersion(),
    })
    const megabytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
    terminal.print(folder)
    terminal.note(
      `${manifest.files.length} files, ${megabytes.toFixed(1)} MB. It holds secrets: whoever reads it can act as anybody.`,
    )
  },
}
