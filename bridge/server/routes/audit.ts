import { Readable } from 'node:stream'
import { type AuditEntry, auditEntry, auditExportPaths, auditFilter } from '../../../shared/audit.ts'
import { BenchError, explainIssues } from '../../../shared/errors.ts'
import type { Audit } from '../../store/audit.ts'
import type { Route } from '../route.ts'

const columns = Object.keys(auditEntry.shape) as (keyof AuditEntry)[]

/** The audit as CSV (RFC 4180) and as JSON lines, oldest first, sent as it is read. */
export function auditRoutes(audit: Audit): Route[] {
  const route = (path: string, type: string, lines: (rows: AuditEntry[]) => string, head = ''): Route => ({
    method: 'get',
    path,
    role: 'operator',
    handle: (context) => {
      const filter = auditFilter.safeParse(context.query)
      if (!filter.success) throw new BenchError('input.invalid', `${path}: ${explainIssues(filter.error)}`)
      context.attachment(path.split('/').at(-1))
      context.type = type
      context.body = Readable.from(texts(audit.readAll(filter.data), lines, head))
    },
  })
  return [
    route(auditExportPaths.csv, 'text/csv; charset=utf-8', csv, `${columns.join(',')}\r\n`),
    route(auditExportPaths.jsonl, 'application/jsonl', (rows) =>
      rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    ),
  ]
}

function* texts(
  pages: Iterable<AuditEntry[]>,
  lines: (rows: AuditEntry[]) => string,
  head: string,
): Generator<string> {
  yield head
  for (const rows of pages) yield lines(rows)
}

function csv(rows: AuditEntry[]): string {
  return rows.map((row) => `${columns.map((column) => field(row[column])).join(',')}\r\n`).join('')
}

/** A field that begins like a formula is one to a spreadsheet, and what stands in it came from outside. */
function field(value: string | number | undefined): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
