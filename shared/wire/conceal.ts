import type { z } from 'zod'
import { alternativeFor, bareSchema, definitionOf, partsOf } from './schema-parts.ts'
import { type Mask, maskOf } from './secret.ts'

const found = new WeakMap<z.core.$ZodType, boolean>()

/** Whether values of this schema can hold what is declared secret. */
export function holdsSecrets(schema: z.core.$ZodType): boolean {
  const known = found.get(schema)
  if (known !== undefined) return known
  // A schema that holds itself: what the rest of it holds decides.
  found.set(schema, false)
  const holds = maskOf(schema) !== undefined || partsOf(schema).some((part) => holdsSecrets(part.schema))
  found.set(schema, holds)
  return holds
}

/** The value with `hide(secret)` in the place of each secret, in the order in which the schema and the value have them. */
export function concealed<T>(schema: z.core.$ZodType, value: T, hide: (secret: string) => string): T {
  const change: Change = (given, mask) => (typeof given === 'string' ? mask(given, hide) : hide(''))
  return changed(schema, value, change) as T
}

/** The secrets in a value, in that order. */
export function secretsIn(schema: z.core.$ZodType, value: unknown): string[] {
  const secrets: string[] = []
  concealed(schema, value, (secret) => {
    secrets.push(secret)
    return ''
  })
  return secrets
}

/** The value with `change(text)` in the place of each text that is declared secret, or has secrets in it. */
export function withSecretTexts<T>(schema: z.core.$ZodType, value: T, change: (text: string) => string): T {
  return changed(schema, value, (given) => (typeof given === 'string' ? change(given) : given)) as T
}

/** What becomes of a value whose schema is marked as secret. */
type Change = (value: unknown, mask: Mask) => unknown

function changed(schema: z.core.$ZodType, value: unknown, change: Change): unknown {
  if (value === undefined || value === null || !holdsSecrets(schema)) return value
  const mask = maskOf(schema)
  if (mask) return change(value, mask)
  const bare = bareSchema(schema)
  const definition = definitionOf(bare)
  switch (definition.type) {
    case 'object': {
      const given = value as Record<string, unknown>
      const members = Object.entries(definition.shape)
        .filter(([name]) => given[name] !== undefined)
        .map(([name, part]) => [name, changed(part, given[name], change)] as const)
      return { ...given, ...Object.fromEntries(members) }
    }
    case 'array':
      return (value as unknown[]).map((each) => changed(definition.element, each, change))
    case 'record': {
      const members = Object.entries(value).map(([name, each]) => [
        name,
        changed(definition.valueType, each, change),
      ])
      return Object.fromEntries(members) as unknown
    }
    case 'union': {
      const alternative = alternativeFor(bare, value)
      if (alternative) return changed(alternative, value, change)
      throw new Error('a value that is none of the alternatives which may hold secrets')
    }
    default:
      return value
  }
}
