import type { z } from 'zod'

/** What every schema of zod knows of itself, by its kind. */
export function definitionOf(schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] {
  return (schema as z.core.$ZodTypes)._zod.def
}

/** The schema inside one that only says whether a value may be missing, or what becomes of it; undefined for all others. */
export function innerOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const definition = definitionOf(schema)
  switch (definition.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return definition.innerType
    case 'pipe':
      return definition.in
    case 'lazy':
      return definition.getter()
    default:
      return undefined
  }
}

/** The innermost of them. */
export function bareSchema(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = innerOf(schema)
  return inner ? bareSchema(inner) : schema
}

/** A schema that stands in another: the name of the member, or what it is of its container. */
export interface SchemaPart {
  /** A member's name; `[]` for elements, `{}` for the values and `{key}` for the keys of a record, `|` for an alternative. */
  name: string
  schema: z.core.$ZodType
}

/** The schemas of which one is made, as its values are written (before any transformation). */
export function partsOf(schema: z.core.$ZodType): SchemaPart[] {
  const definition = definitionOf(bareSchema(schema))
  switch (definition.type) {
    case 'object':
      return Object.entries(definition.shape).map(([name, part]) => ({ name, schema: part }))
    case 'array':
      return [{ name: '[]', schema: definition.element }]
    case 'tuple':
      return definition.items.map((part) => ({ name: '[]', schema: part }))
    case 'record':
      return [
        { name: '{key}', schema: definition.keyType },
        { name: '{}', schema: definition.valueType },
      ]
    case 'union':
      return definition.options.map((part) => ({ name: '|', schema: part }))
    case 'intersection':
      return [
        { name: '|', schema: definition.left },
        { name: '|', schema: definition.right },
      ]
    default:
      return []
  }
}

/**
 * Of a union's alternatives, the one that a value is meant for: the one that it names where they are told apart by a
 * member, else the first that takes it. Undefined for none.
 */
export function alternativeFor(union: z.core.$ZodType, value: unknown): z.core.$ZodType | undefined {
  const definition = definitionOf(union)
  if (definition.type !== 'union') return undefined
  const { options } = definition
  const discriminator = 'discriminator' in definition ? String(definition.discriminator) : undefined
  if (discriminator !== undefined) {
    const named = (value as Record<string, unknown> | null | undefined)?.[discriminator]
    return options.find((option) => option._zod.propValues?.[discriminator]?.has(named as string))
  }
  return options.find((option) => (option as z.ZodType).safeParse(value).success)
}
