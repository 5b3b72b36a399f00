import type { z } from 'zod'
import { alternativeFor, bareSchema, definitionOf, partsOf } from '../../shared/wire/schema-parts.ts'
import { isPlain, maskOf } from '../../shared/wire/secret.ts'

/** What stands in the place of a secret. */
const HIDDEN = '(secret)'
/** Of a list, so many elements are kept. */
const MOST_ELEMENTS = 100

/**
 * What may be kept of an input: the members that the schema declares and says are not secret, as they are, as far as they
 * are what the schema wants there. Of all else its kind and its size.
 */
export function redacted(schema: z.core.$ZodType | undefined, value: unknown): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value
  if (!schema) return sizeOf(value)
  const mask = maskOf(schema)
  if (mask && value === HIDDEN) return value
  if (mask) return fits(schema, value) ? mask(value as string, () => HIDDEN) : sizeOf(value)
  if (isPlain(schema)) return fits(schema, value) ? value : sizeOf(value)
  const bare = bareSchema(schema)
  const definition = definitionOf(bare)
  switch (definition.type) {
    case 'object':
      return isObject(value) ? ofObject(definition.shape, value) : sizeOf(value)
    case 'array':
      return Array.isArray(value) ? ofArray(definition.element, value) : sizeOf(value)
    case 'record':
      return isObject(value) ? ofRecord(definition.keyType, definition.valueType, value) : sizeOf(value)
    case 'union': {
      const alternative = alternativeFor(bare, value)
      return alternative ? redacted(alternative, value) : sizeOf(value)
    }
    case 'number':
    case 'enum':
    case 'literal':
      return fits(schema, value) ? value : sizeOf(value)
    default:
      return sizeOf(value)
  }
}

/** What was wrong with an input, for those who must not see the input: `path: what`, with the schema's own names alone. */
export function issuesWithoutInput(schema: z.core.$ZodType, error: z.ZodError): string {
  const known = namesIn(schema)
  return error.issues
    .slice(0, 10)
    .map((issue) => {
      const path = issue.path.map((step) =>
        typeof step === 'number' || known.has(String(step)) ? String(step) : '…',
      )
      const what = issue.code === 'unrecognized_keys' ? `${issue.keys.length} unknown members` : issue.code
      return `${path.join('.') || '(root)'}: ${what}`
    })
    .join('; ')
}

function ofObject(shape: Readonly<Record<string, z.core.$ZodType>>, value: Record<string, unknown>): object {
  const kept: Record<string, unknown> = {}
  let unknown = 0
  for (const [name, each] of Object.entries(value)) {
    // A name that nobody has declared may be the secret itself.
    if (Object.hasOwn(shape, name)) kept[name] = redacted(shape[name], each)
    else unknown += 1
  }
  return unknown === 0 ? kept : { ...kept, '(unknown)': `${unknown} members` }
}

function ofArray(element: z.core.$ZodType, value: readonly unknown[]): unknown[] {
  const kept = value.slice(0, MOST_ELEMENTS).map((each) => redacted(element, each) ?? null)
  const more = value.length - kept.length
  return more > 0 ? [...kept, `(${more} more)`] : kept
}

function ofRecord(
  keys: z.core.$ZodType,
  values: z.core.$ZodType,
  value: Record<string, unknown>,
): Record<string, unknown> {
  const all = Object.entries(value)
  const known = isPlain(keys) ? all.slice(0, MOST_ELEMENTS).filter(([name]) => fits(keys, name)) : []
  const kept = Object.fromEntries(known.map(([name, each]) => [name, redacted(values, each)]))
  const others = all.length - known.length
  return others === 0 ? kept : { ...kept, '(others)': `${others} members` }
}

function fits(schema: z.core.$ZodType, value: unknown): boolean {
  return (schema as z.ZodType).safeParse(value).success
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sizeOf(value: unknown): string {
  if (typeof value === 'string') return `(text of ${value.length} characters)`
  if (Array.isArray(value)) return `(list of ${value.length})`
  if (isObject(value)) return `(object of ${Object.keys(value).length} members)`
  return `(${typeof value})`
}

const names = new WeakMap<z.core.$ZodType, ReadonlySet<string>>()

function namesIn(schema: z.core.$ZodType): ReadonlySet<string> {
  const known = names.get(schema)
  if (known) return known
  const all = new Set<string>()
  // What holds itself adds nothing the second time.
  names.set(schema, all)
  for (const part of partsOf(schema)) {
    all.add(part.name)
    for (const name of namesIn(part.schema)) all.add(name)
  }
  return all
}
