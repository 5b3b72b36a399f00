import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml'

/** Aliases cost nothing to write and everything to follow: a file of a bench needs a handful. */
const MOST_ALIASES = 100

/** A mistake in a YAML document: where it begins, in characters from the start, and what is wrong with it. */
export interface YamlFault {
  offset: number
  what: string
}

/** What the parser's commonest complaints ask of whoever wrote the file. */
const ADVICE: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab indents this line: use spaces',
  MULTIPLE_DOCS:
    'a second document begins here: a bench is one document, so take out this `---` and what follows',
  TAG_RESOLVE_FAILED: 'a tag (`!…`) that means nothing here: take it out',
}

/** What the parser found wrong, with what to do where that is known. */
export function parserFault({ code, message, pos }: YAMLError): YamlFault {
  return { offset: pos[0], what: Object.hasOwn(ADVICE, code) ? (ADVICE[code] ?? message) : message }
}

/**
 * What YAML allows and a file of settings does not: keys that come twice (found here, since the parser compares each
 * with each), keys that are not text or that every object of JavaScript has by itself, and aliases that multiply or go
 * round.
 */
export function* structureFaults(document: Document): Generator<YamlFault> {
  const anchors = new Map<string, Node>()
  const open = new Set<Node>()
  let aliases = 0

  function* inside(node: unknown): Generator<YamlFault> {
    if (isAlias(node)) {
      aliases += 1
      const target = anchors.get(node.source)
      const offset = node.range?.[0] ?? 0
      if (aliases === MOST_ALIASES + 1)
        yield { offset, what: `more than ${MOST_ALIASES} aliases (*…): write the values themselves` }
      else if (!target)
        yield { offset, what: `*${node.source} stands for nothing: there is no &${node.source} before it` }
      else if (open.has(target))
        yield { offset, what: `*${node.source} stands inside of what it stands for: write the value itself` }
      return
    }
    if (isScalar(node) && node.anchor !== undefined) anchors.set(node.anchor, node)
    if (!isCollection(node)) return
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    open.add(node)
    if (isMap(node)) yield* keysOf(node.items)
    for (const item of node.items) {
      if (!isPair(item)) yield* inside(item)
      else {
        yield* inside(item.key)
        yield* inside(item.value)
      }
    }
    open.delete(node)
  }

  yield* inside(document.contents)
}

function* keysOf(items: Iterable<{ key: unknown }>): Generator<YamlFault> {
  const seen = new Set<string>()
  for (const { key } of items) {
    const offset = (key as Node | null)?.range?.[0] ?? 0
    const value: unknown = isScalar(key) ? key.value : undefined
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      yield { offset, what: 'a key is a word: this one is a list, a map, an alias or nothing' }
      continue
    }
    const name = String(value)
    if (name in Object.prototype)
      yield { offset, what: `"${name}" cannot be a name here: JavaScript has it for itself; choose another` }
    else if (seen.has(name)) yield { offset, what: `${shown(name)} stands here twice: take one of them out` }
    seen.add(name)
  }
}

function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
}
