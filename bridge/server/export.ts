import { Readable } from 'node:stream'
import type { Context } from 'koa'

/** Rows some at a time, so that the event loop and memory never hold many. */
type Pages<Row> = Iterable<Row[]> | AsyncIterable<Row[]>
type Field = string | number | undefined

/** How rows leave the house: as a spreadsheet takes them, or one JSON object a line. */
export type ExportFormat = 'csv' | 'jsonl'

const TYPES: Record<ExportFormat, string> = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl' }

/** Answers pages of rows as a file of this name, sent as they are read: CSV (RFC 4180) with these columns, or JSON lines. */
export function sendRows<Row extends Record<string, unknown>>(
  context: Context,
  file: string,
  format: ExportFormat,
  columns: readonly (keyof Row)[],
  pages: Pages<Row>,
): void {
  context.attachment(file)
  context.type = TYPES[format]
  context.body = Readable.from(format === 'csv' ? csv(columns, pages) : jsonLines(pages))
}

async function* csv<Row extends Record<string, unknown>>(
  columns: readonly (keyof Row)[],
  pages: Pages<Row>,
): AsyncGenerator<string> {
  yield `${columns.join(',')}\r\n`
  for await (const rows of pages) {
    yield rows.map((row) => `${columns.map((column) => field(row[column] as Field)).join(',')}\r\n`).join('')
  }
}

async function* jsonLines(pages: Pages<object>): AsyncGenerator<string> {
  // A file without a row is an empty file, and a stream that gives nothing at all has no type.
  yield ''
  for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

/** A field that begins like a formula is one to a spreadsheet, and what stands in it came from outside. */
function field(value: Field): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
