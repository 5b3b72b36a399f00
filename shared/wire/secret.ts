import { z } from 'zod'
import { isReference } from './secret-reference.ts'
import { innerOf } from './schema-parts.ts'

/** Puts `hide(secret)` in the place of each secret that a text holds, and answers the text. */
export type Mask = (text: string, hide: (secret: string) => string) => string

/** What is known of a member's texts: how their secrets are found, or that they have none. */
const marks = z.registry<{ mask: Mask | undefined }>()

/** Nothing, and what only refers to a secret, is none. */
const whole: Mask = (text, hide) => (text === '' || isReference(text) ? text : hide(text))

/**
 * Declares that a text is secret: it is never answered, and never written into the audit. `mask` finds the secrets in a
 * text that is secret only in part; all of it is when left out. Call it last: what is made of the schema by another
 * check is another schema.
 */
export function secret<S extends z.ZodType<string>>(schema: S, mask: Mask = whole): S {
  marks.add(schema, { mask })
  // As JSON Schema says it: it may be sent, and does not come back.
  if (mask === whole) z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), writeOnly: true })
  return schema
}

/** Declares that whoever may read the audit may read this value: a text is not secret, or it is of no declared kind. */
export function plain<S extends z.ZodType>(schema: S): S {
  marks.add(schema, { mask: undefined })
  return schema
}

/** How the secrets in texts of this schema are found; undefined for what has none, or is not declared at all. */
export function maskOf(schema: z.core.$ZodType): Mask | undefined {
  return markOf(schema)?.mask
}

/** Whether somebody has said of a schema whether it is secret. */
export function isDeclared(schema: z.core.$ZodType): boolean {
  return markOf(schema) !== undefined
}

/** Whether a schema's values are said not to be secret. */
export function isPlain(schema: z.core.$ZodType): boolean {
  const mark = markOf(schema)
  return mark !== undefined && mark.mask === undefined
}

/** The mark of a schema, or of the one inside it: `secret(text).optional()` is as secret as the text. */
function markOf(schema: z.core.$ZodType): { mask: Mask | undefined } | undefined {
  const own = marks.get(schema)
  if (own) return own
  const inner = innerOf(schema)
  return inner && markOf(inner)
}
