import { z } from 'zod'
import { definitionOf } from './schema-parts.ts'

const made = new WeakMap<z.core.$ZodType, z.core.$ZodType>()

/** The same schema, but that a member which none of its objects has is an error, however deep it stands. */
export function strictly<S extends z.core.$ZodType>(schema: S): S {
  const known = made.get(schema)
  if (known) return known as S
  const strict = rebuilt(schema)
  made.set(schema, strict)
  return strict as S
}

function rebuilt(schema: z.core.$ZodType): z.core.$ZodType {
  const definition = definitionOf(schema)
  switch (definition.type) {
    case 'object': {
      const shape = Object.fromEntries(
        Object.entries(definition.shape).map(([name, part]) => [name, strictly(part)]),
      )
      return clone(schema, { ...definition, shape, catchall: definition.catchall ?? z.never() })
    }
    case 'array':
      return clone(schema, { ...definition, element: strictly(definition.element) })
    case 'record':
      return clone(schema, { ...definition, valueType: strictly(definition.valueType) })
    case 'union':
      return clone(schema, { ...definition, options: definition.options.map((part) => strictly(part)) })
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return clone(schema, withInner(definition, strictly(definition.innerType)))
    case 'pipe':
      return clone(schema, { ...definition, in: strictly(definition.in) })
    default:
      return schema
  }
}

/** What stands in for a missing value is computed when it is asked for: it stays so. */
function withInner(definition: object, innerType: z.core.$ZodType): object {
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(definition),
      innerType: { value: innerType, enumerable: true, configurable: true, writable: true },
    },
  )
}

/** With the description and the marks of the one that it is made of. */
function clone(schema: z.core.$ZodType, definition: object): z.core.$ZodType {
  return z.core.clone(schema, definition as never, { parent: true })
}
