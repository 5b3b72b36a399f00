import { findCommand } from '../../shared/commands.ts'
import { auditedRoutes } from './audited-routes.ts'
import { redacted } from './redact.ts'

const LONGEST = 2000

/** What the audit keeps of the input of a call of this name, as JSON: no secret, and nothing that nobody has declared. */
export function keptInput(name: string, input: unknown): string {
  const schema = findCommand(name)?.input ?? auditedRoutes[name]
  const text = JSON.stringify(redacted(schema, input) ?? {})
  return text.length <= LONGEST ? text : JSON.stringify({ cut: text.slice(0, LONGEST) })
}
