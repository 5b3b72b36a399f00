import { Readable } from 'node:stream'
import type { Context } from 'koa'
import { BenchError, explainIssues } from '../../shared/errors.ts'
import { journalEntry, journalExportPath, type JournalEntry, journalFilter } from '../../shared/journal.ts'
import { consoleAnswerPath } from '../../shared/console.ts'
import type { Journal } from '../scpi/journal.ts'
import { parameter, type Route } from '../server/route.ts'
import type { Answers } from './answers.ts'

const columns = Object.keys(journalEntry.shape) as (keyof JournalEntry)[]

/** The journals as CSV (RFC 4180) and as JSON lines, oldest first, and the console's long answers. */
export function lineRoutes(journalOf: (device: string) => Journal, answers: Answers): Route[] {
  const journal = (
    format: 'csv' | 'jsonl',
    type: string,
    lines: (entries: JournalEntry[]) => string,
    head = '',
  ): Route => ({
    method: 'get',
    path: journalExportPath(':device', format),
    role: 'viewer',
    device: 'device',
    handle: (context: Context) => {
      const device = parameter(context, 'device')
      const filter = journalFilter.safeParse(context.query)
      if (!filter.success) throw new BenchError('input.invalid', explainIssues(filter.error))
      const pages = journalOf(device).pages(filter.data)
      context.attachment(`${device}-journal.${format}`)
      context.type = type
      context.body = Readable.from(texts(pages, lines, head))
    },
  })
  return [
    journal('jsonl', 'application/jsonl', (entries) =>
      entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
    ),
    journal('csv', 'text/csv; charset=utf-8', csv, `${columns.join(',')}\r\n`),
    {
      method: 'get',
      path: consoleAnswerPath(':device', ':id'),
      role: 'operator',
      device: 'device',
      handle: (context) => {
        const device = parameter(context, 'device')
        const bytes = answers.get(device, parameter(context, 'id'))
        context.attachment(`${device}-answer.bin`)
        context.type = 'application/octet-stream'
        context.body = bytes
      },
    },
  ]
}

function* texts(
  pages: Iterable<JournalEntry[]>,
  lines: (entries: JournalEntry[]) => string,
  head: string,
): Generator<string> {
  yield head
  for (const page of pages) yield lines(page)
}

function csv(entries: JournalEntry[]): string {
  return entries.map((entry) => `${columns.map((column) => field(entry[column])).join(',')}\r\n`).join('')
}

/** A field that begins like a formula is one to a spreadsheet, and what stands in it came from outside. */
function field(value: string | number | undefined): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
