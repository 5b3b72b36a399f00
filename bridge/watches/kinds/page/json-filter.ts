import { isDeepStrictEqual } from 'node:util'
import { type PathText, type Query, QUOTED, unquoted } from './json-text.ts'

/** Whether a part is let through; `root` is the whole document. */
type Test = (part: unknown, root: unknown) => boolean
/** What is compared: undefined where there is nothing. */
type Operand = (part: unknown, root: unknown) => unknown
type ReadQuery = (text: PathText) => Query

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const COMPARE: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '==': (a, b) => isDeepStrictEqual(a, b),
  '!=': (a, b) => !isDeepStrictEqual(a, b),
  '<': less,
  '>': (a, b) => less(b, a),
  '<=': (a, b) => less(a, b) || isDeepStrictEqual(a, b),
  '>=': (a, b) => less(b, a) || isDeepStrictEqual(a, b),
}

/** Reads what follows the question mark of a filter (RFC 9535, section 2.3.5). Nothing of it is ever run as a program. */
export function readFilter(text: PathText, query: ReadQuery): Test {
  return readAny(text, query)
}

function readAny(text: PathText, query: ReadQuery): Test {
  const tests = [readAll(text, query)]
  while (text.take(/\s*\|\|\s*/y)) tests.push(readAll(text, query))
  return tests.length === 1 && tests[0] ? tests[0] : (part, root) => tests.some((test) => test(part, root))
}

function readAll(text: PathText, query: ReadQuery): Test {
  const tests = [readOne(text, query)]
  while (text.take(/\s*&&\s*/y)) tests.push(readOne(text, query))
  return (part, root) => tests.every((test) => test(part, root))
}

function readOne(text: PathText, query: ReadQuery): Test {
  if (text.take(/!\s*/y)) {
    const test = readOne(text, query)
    return (part, root) => !test(part, root)
  }
  if (text.take(/\(\s*/y)) {
    const test = readAny(text, query)
    text.need(/\s*\)/y)
    return test
  }
  const pattern = text.take(/(match|search)\(\s*/y)
  if (pattern) return readPattern(text, query, pattern[1] === 'match')
  if (text.sees(/[@$]/y)) {
    const { find, single } = readFrom(text, query)
    const compared = single && text.sees(/\s*[=!<>]/y)
    if (!compared) return (part, root) => find(part, root).length > 0
    return readComparison(text, query, (part, root) => find(part, root)[0])
  }
  return readComparison(text, query, readOperand(text, query))
}

function readComparison(text: PathText, query: ReadQuery, left: Operand): Test {
  const [, sign = ''] = text.need(/\s*(==|!=|<=|>=|<|>)\s*/y)
  const right = readOperand(text, query)
  const compare = COMPARE[sign] ?? text.fail()
  return (part, root) => compare(left(part, root), right(part, root))
}

function readOperand(text: PathText, query: ReadQuery): Operand {
  const quoted = text.take(QUOTED)
  if (quoted) {
    const said = unquoted(quoted)
    return () => said
  }
  const word = text.take(/(true|false|null)(?![\w(])/y)
  if (word) {
    const said = JSON.parse(word[0]) as unknown
    return () => said
  }
  const named = text.take(/(length|count|value)\(\s*/y)
  if (named) {
    const { find } = readFrom(text, query)
    text.need(/\s*\)/y)
    if (named[1] === 'count') return (part, root) => find(part, root).length
    const only: Operand = (part, root) => {
      const found = find(part, root)
      return found.length === 1 ? found[0] : undefined
    }
    return named[1] === 'value' ? only : (part, root) => lengthOf(only(part, root))
  }
  if (text.sees(/[@$]/y)) {
    const { find, single } = readFrom(text, query)
    return single ? (part, root) => find(part, root)[0] : text.fail()
  }
  const number = Number(text.need(NUMBER)[0])
  return () => number
}

function readFrom(text: PathText, query: ReadQuery): Query {
  const [from] = text.need(/[@$]/y)
  const { find, single } = query(text)
  return { single, find: (part, root) => find(from === '@' ? part : root, root) }
}

/** `match` fits the whole text, `search` a part of it. A page's text decides nothing about the pattern: it stands in the watch. */
function readPattern(text: PathText, query: ReadQuery, whole: boolean): Test {
  const subject = readOperand(text, query)
  text.need(/\s*,\s*/y)
  const quoted = text.need(QUOTED)
  text.need(/\s*\)/y)
  const source = unquoted(quoted)
  let pattern: RegExp
  try {
    pattern = new RegExp(whole ? `^(?:${source})$` : source, 'u')
  } catch {
    return text.fail()
  }
  return (part, root) => {
    const said = subject(part, root)
    return typeof said === 'string' && pattern.test(said)
  }
}

function less(a: unknown, b: unknown): boolean {
  return (
    (typeof a === 'number' && typeof b === 'number' && a < b) ||
    (typeof a === 'string' && typeof b === 'string' && a < b)
  )
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string') return [...value].length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined
}
