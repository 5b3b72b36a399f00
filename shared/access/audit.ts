import { basePath } from '../wire/base-path.ts'
import { z } from 'zod'
import { command } from '../wire/command.ts'

/** One line of the audit: who, from where, what, when, and what came of it. */
export const auditEntry = z.object({
  id: z.number().int(),
  at: z.number().describe('ms since the epoch'),
  who: z.string().describe("a user's name, a token's, `local`, `interlock`, or `bridge`"),
  via: z.string().describe('session, token, local, or the part of the bridge that acted by itself'),
  address: z.string(),
  action: z.string().describe("the command's name, or what the bridge did"),
  device: z.string().optional(),
  input: z.string().describe('JSON, without secrets'),
  outcome: z.string().describe('`ok`, or the error code'),
  message: z.string().describe("the error's words, or what was measured").optional(),
  ms: z.number().describe('how long it took'),
})
export type AuditEntry = z.infer<typeof auditEntry>

/** What to look for; members left out do not narrow. */
export const auditFilter = z.object({
  who: z.string().max(64).optional(),
  action: z.string().max(64).describe('the beginning of an action').optional(),
  device: z.string().max(64).optional(),
  outcome: z.enum(['ok', 'refused']).optional(),
  from: z.coerce.number().describe('ms since the epoch').optional(),
  to: z.coerce.number().describe('ms since the epoch').optional(),
})
export type AuditFilter = z.infer<typeof auditFilter>

export const auditCommands = {
  'audit.read': command({
    about: 'Lines of the audit, newest first; `before` is the id to go on from.',
    role: 'operator',
    input: auditFilter.extend({
      before: z.number().int().optional(),
      limit: z.number().int().min(1).max(1000).default(200),
    }),
    output: z.array(auditEntry),
  }),
}

/** Where the audit is exported: CSV or JSON lines, oldest first, narrowed by the same filter as a query string. */
export const auditExportPaths = {
  csv: `${basePath}/api/audit.csv`,
  jsonl: `${basePath}/api/audit.jsonl`,
} as const
