import { type AuditEntry, auditEntry, auditExportPaths, auditFilter } from '../../../shared/access/audit.ts'
import { BenchError, explainIssues } from '../../../shared/wire/errors.ts'
import type { Audit } from '../../access/audit.ts'
import { type ExportFormat, sendRows } from '../export.ts'
import type { Route } from '../route.ts'

const columns = Object.keys(auditEntry.shape) as (keyof AuditEntry)[]

/** The audit as CSV and as JSON lines, oldest first. */
export function auditRoutes(audit: Audit): Route[] {
  const route = (format: ExportFormat): Route => {
    const path = auditExportPaths[format]
    return {
      method: 'get',
      path,
      role: 'operator',
      handle: (context, _caller, stands) => {
        const filter = auditFilter.safeParse(context.query)
        if (!filter.success) throw new BenchError('input.invalid', `${path}: ${explainIssues(filter.error)}`)
        sendRows(
          context,
          `audit.${format}`,
          format,
          columns,
          whileItStands(audit.readAll(filter.data), stands),
        )
      },
    }
  }
  return [route('csv'), route('jsonl')]
}

/** An export ends with the right to it: broken off, so that nobody takes it for whole. */
async function* whileItStands<T>(pages: AsyncIterable<T>, stands: () => boolean): AsyncGenerator<T> {
  for await (const page of pages) {
    if (!stands()) throw new BenchError('aborted', 'the right to read the audit has ended')
    yield page
  }
}
