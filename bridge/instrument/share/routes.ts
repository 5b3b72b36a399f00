import { BenchError, explainIssues } from '../../../shared/wire/errors.ts'
import {
  journalEntry,
  journalExportPath,
  type JournalEntry,
  journalFilter,
} from '../../../shared/instrument/journal.ts'
import { consoleAnswerPath } from '../../../shared/instrument/console.ts'
import type { Journal } from '../scpi/journal.ts'
import { type ExportFormat, sendRows } from '../../server/export.ts'
import { parameter, type Route } from '../../server/route.ts'
import type { Answers } from './answers.ts'

const columns = Object.keys(journalEntry.shape) as (keyof JournalEntry)[]

/** The journals as CSV and as JSON lines, oldest first, and the console's long answers. */
export function lineRoutes(journalOf: (device: string) => Journal, answers: Answers): Route[] {
  const journal = (format: ExportFormat): Route => ({
    method: 'get',
    path: journalExportPath(':device', format),
    role: 'viewer',
    device: 'device',
    handle: (context) => {
      const device = parameter(context, 'device')
      const filter = journalFilter.safeParse(context.query)
      if (!filter.success) throw new BenchError('input.invalid', explainIssues(filter.error))
      const pages = journalOf(device).pages(filter.data)
      sendRows(context, `${device}-journal.${format}`, format, columns, pages)
    },
  })
  return [
    journal('jsonl'),
    journal('csv'),
    {
      method: 'get',
      path: consoleAnswerPath(':device', ':id'),
      role: 'operator',
      device: 'device',
      handle: (context, caller) => {
        const device = parameter(context, 'device')
        const bytes = answers.get(device, parameter(context, 'id'), caller)
        context.attachment(`${device}-answer.bin`)
        context.type = 'application/octet-stream'
        context.body = bytes
      },
    },
  ]
}
