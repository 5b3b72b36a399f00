import type { z } from 'zod'
import { bareSchema, definitionOf, innerOf } from '../../shared/wire/schema-parts.ts'

const TEXTS = [
  'slide',
  'aaaaaaaa',
  '0123456789ab',
  'correct horse battery',
  '10:00',
  '$.value',
  'http://127.0.0.1/',
  'a.b',
  'POST',
]
const NUMBERS = [1, 5, 0, 0.5, 10, 100, 1550]

/** The least that a schema takes, with `own` in the place of what it would make itself. Throws where it knows of nothing. */
export function sampleOf(schema: z.core.$ZodType, own: Record<string, unknown> = {}): unknown {
  const bare = bareSchema(schema)
  const definition = definitionOf(bare)
  const first = (candidates: readonly unknown[]): unknown => {
    const found = candidates.find((each) => (schema as z.ZodType).safeParse(each).success)
    if (found === undefined) throw new Error(`no sample of a ${definition.type} is known`)
    return found
  }
  switch (definition.type) {
    case 'object': {
      const members = Object.entries(definition.shape)
      const least = members.flatMap(([name, part]) =>
        name in own ? [[name, own[name]]] : mayBeMissing(part) ? [] : [[name, sampleOf(part)]],
      )
      const all = members.map(([name, part]) => [name, name in own ? own[name] : sampleOf(part)] as const)
      const some = all.map((member) => Object.fromEntries([...least, member]) as unknown)
      return first([Object.fromEntries(least), ...some, Object.fromEntries(all)])
    }
    case 'array':
      return first(
        [[], [sampleOf(definition.element)]].filter((each) => (schema as z.ZodType).safeParse(each).success),
      )
    case 'record':
      return {}
    case 'union':
      return first(definition.options.map((option) => sampleOf(option)))
    case 'string':
      return first(TEXTS)
    case 'number':
      return first(NUMBERS)
    case 'boolean':
      return true
    case 'enum':
      return first(Object.values(definition.entries))
    case 'literal':
      return definition.values[0]
    case 'unknown':
      return {}
    default:
      throw new Error(`no sample of a ${definition.type} is known`)
  }
}

function mayBeMissing(schema: z.core.$ZodType): boolean {
  const { type } = definitionOf(schema)
  if (type === 'optional' || type === 'default' || type === 'prefault') return true
  const inner = innerOf(schema)
  return inner !== undefined && mayBeMissing(inner)
}
