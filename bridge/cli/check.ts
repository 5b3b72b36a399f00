import { parseArgs } from 'node:util'
import { BenchError } from '../../shared/wire/errors.ts'
import { checkDataFolder } from '../store/check/check-data-folder.ts'
import type { Action } from './action.ts'
import { dataDirOf, dataOptions } from './data-dir.ts'
import { positionals } from './positionals.ts'

export const check: Action = {
  usage: '[--data FOLDER | --config FILE]',
  about:
    'Look whether a data folder is whole: its databases, the audit, and its files. Changes nothing, also beside a bridge that runs.',
  async run(args, terminal) {
    const { values, positionals: given } = parseArgs({ args, allowPositionals: true, options: dataOptions })
    positionals(given, [])
    const dataDir = await dataDirOf(values)
    const { inOrder, wrong } = await checkDataFolder(dataDir)
    for (const said of inOrder) terminal.print(said)
    for (const { what, remedy } of wrong) terminal.print(`WRONG: ${what}\n  ${remedy}`)
    if (wrong.length === 1) throw new BenchError('storage.failed', `one thing is wrong with ${dataDir}`)
    if (wrong.length > 1)
      throw new BenchError('storage.failed', `${wrong.length} things are wrong with ${dataDir}`)
    terminal.note(`${dataDir} is whole.`)
  },
}
