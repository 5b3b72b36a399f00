import { z } from 'zod'
import { watchBody } from '../../../shared/watches/watch.ts'

/** A part of a JSON Schema, as far as a form needs it. */
export interface Node {
  type?: string
  properties?: Record<string, Node>
  required?: string[]
  oneOf?: Node[]
  items?: Node
  enum?: (string | number)[]
  const?: string
  default?: unknown
  description?: string
  maxLength?: number
  maximum?: number
  /** It is sent to the bridge, and answered as a reference. */
  writeOnly?: boolean
}

/** A value while it is being edited: JSON, with what is not filled in left out. */
export type Draft = { [name: string]: unknown }

/** What a watch is written as, from the schema the bridge checks it with. */
export const BODY = z.toJSONSchema(watchBody, { io: 'input', unrepresentable: 'any' }) as Node

/** The schema at a path of member names. Throws where there is none: a path is written in this program. */
export function nodeAt(...path: string[]): Node {
  return path.reduce<Node>((node, name) => {
    const inner = node.properties?.[name]
    if (!inner) throw new Error(`A watch's schema has no ${path.join('.')}.`)
    return inner
  }, BODY)
}

/** One of the forms that a value may take, and the word that tells it from the others. */
export interface Variant {
  value: string
  node: Node
}

/** The forms of a value that is told apart by one of its members, and that member's name. */
export function variantsOf({ oneOf }: Node): { by: string; variants: Variant[] } | undefined {
  const by = Object.entries(oneOf?.[0]?.properties ?? {}).find(([, node]) => node.const !== undefined)?.[0]
  if (!oneOf || by === undefined) return undefined
  return { by, variants: oneOf.map((node) => ({ value: node.properties?.[by]?.const ?? '', node })) }
}

/** The form that a draft has, the first when it says none. */
export function variantOf(node: Node, draft: Draft): Variant | undefined {
  const found = variantsOf(node)
  return found?.variants.find(({ value }) => value === draft[found.by]) ?? found?.variants[0]
}

/** What a value of this schema is before anybody has filled it in: what must be there, with what it is by default. */
export function blankOf(node: Node): unknown {
  if (node.default !== undefined) return structuredClone(node.default)
  if (node.const !== undefined) return node.const
  const first = variantsOf(node)?.variants[0]
  if (first) return blankOf(first.node)
  if (node.enum) return node.enum[0]
  if (node.type === 'array') return []
  if (node.type === 'boolean') return false
  if (node.type === 'string') return ''
  if (node.type !== 'object') return undefined
  const draft: Draft = {}
  for (const name of node.required ?? []) {
    const value = node.properties?.[name] && blankOf(node.properties[name])
    if (value !== undefined) draft[name] = value
  }
  return draft
}

/** Another form of a value; what both have in common is kept. */
export function changedTo({ node }: Variant, by: string, draft: Draft): Draft {
  const next = blankOf(node) as Draft
  for (const [name, value] of Object.entries(draft)) {
    const inner = node.properties?.[name]
    // A condition on a reading means nothing of a picture, though both have one.
    if (name !== by && inner && inner.type !== 'object' && !inner.oneOf) next[name] = value
  }
  return next
}

/** The draft with a member set; taken out when there is nothing to say. */
export function withMember(draft: Draft, name: string, value: unknown): Draft {
  if (value !== undefined) return { ...draft, [name]: value }
  const { [name]: _, ...rest } = draft
  return rest
}

/** What is wrong with a draft, by path with dots; empty when it can be saved. */
export function problemsOf(draft: unknown): ReadonlyMap<string, string> {
  const { error } = watchBody.safeParse(draft)
  return new Map(error?.issues.map(({ path, message }) => [path.join('.'), message]))
}
