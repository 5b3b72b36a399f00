import { auditExportPaths, type AuditEntry, type AuditFilter } from '../../shared/access/audit.ts'

/** What stands in the filter's form; an empty member does not narrow. Times as `datetime-local` writes them. */
export interface FilterDraft {
  who: string
  action: string
  device: string
  outcome: '' | 'ok' | 'refused'
  from: string
  to: string
}

/** A filter that lets everything through. */
export const NO_FILTER: FilterDraft = { who: '', action: '', device: '', outcome: '', from: '', to: '' }

/** The filter that a draft means. */
export function filterOf({ who, action, device, outcome, from, to }: FilterDraft): AuditFilter {
  const fromMs = new Date(from).getTime()
  const toMs = new Date(to).getTime()
  return {
    ...(who.trim() && { who: who.trim() }),
    ...(action.trim() && { action: action.trim() }),
    ...(device && { device }),
    ...(outcome && { outcome }),
    ...(Number.isNaN(fromMs) ? {} : { from: fromMs }),
    ...(Number.isNaN(toMs) ? {} : { to: toMs }),
  }
}

/** Where what the filter lets through is exported. */
export function exportHref(format: keyof typeof auditExportPaths, filter: AuditFilter): string {
  const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]))
  return query.size === 0 ? auditExportPaths[format] : `${auditExportPaths[format]}?${query.toString()}`
}

/**
 * The newest lines put before those that are known, newest first. When so much has happened that a full answer does not
 * reach down to what is known, that is dropped: a list with an unseen hole in it would be worse than a short one.
 */
export function withNewest(newest: AuditEntry[], known: AuditEntry[], asked: number): AuditEntry[] {
  const lowest = newest.at(-1)?.id
  const highest = known[0]?.id
  if (lowest === undefined) return known
  if (newest.length >= asked && highest !== undefined && lowest > highest) return newest
  return [...newest, ...known.filter(({ id }) => id < lowest)]
}
