import { Readable } from 'node:stream'
import type { Context } from 'koa'

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
  pages: Iterable<Row[]>,
): void {
  context.attachment(file)
  context.type = TYPES[format]
  context.body = Readable.from(format === 'csv' ? csv(columns, pages) : jsonLines(pages))
}

function* csv<Row extends Record<string, unknown>>(
  columns: readonly (keyof Row)[],
  pages: Iterable<Row[]>,
): Generator<string> {
  yield `${columns.join(',')}\r\n`
  for (const rows of pages) {
    yield rows.map((row) => `${columns.map((column) => field(row[column] as Field)).join(',')}\r\n`).join('')
  }
}

function* jsonLines(pages: Iterable<object[]>): Generator<string> {
  // A file without a row is an empty file, and a stream that gives nothing at all has no type.
  yield ''
  for (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

/** A field that begins like a formula is one to a spreadsheet, and what stands in it came from outside. */
function field(value: Field): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
