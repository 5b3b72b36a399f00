import { BenchError } from '../../../../shared/wire/errors.ts'
import { readFilter } from './json-filter.ts'
import { PathText, type Query, QUOTED, unquoted } from './json-text.ts'

/** What one selector finds below a value; `root` is the whole document. */
type Selector = (value: unknown, root: unknown) => unknown[]

/** One step of a path: what its selectors find below each value, or with `deep` below all that is below it. */
interface Segment {
  selectors: Selector[]
  deep: boolean
  /** It finds one part at most. */
  single: boolean
}

const MOST_FOUND = 10_000
const NAME = /[\p{L}_][\p{L}\p{N}_-]*/uy

/** The parts of a JSON value that a path names, in order (RFC 9535). Throws `input.invalid` for what is no path. */
export function findInJson(value: unknown, path: string): unknown[] {
  return readPath(path).find(value, value)
}

/** Throws `input.invalid` for what is no path. */
export function requireJsonPath(path: string): void {
  readPath(path)
}

function readPath(path: string): Query {
  const text = new PathText(path)
  text.need(/\$/y)
  const query = readQuery(text)
  return text.atEnd ? query : text.fail()
}

/** What follows `$` or `@`. */
function readQuery(text: PathText): Query {
  const segments: Segment[] = []
  for (let segment = readSegment(text); segment; segment = readSegment(text)) segments.push(segment)
  return {
    single: segments.every(({ single }) => single),
    find: (from, root) => {
      let found: unknown[] = [from]
      for (const { selectors, deep } of segments) {
        const at = deep ? found.flatMap(descendants) : found
        found = at.flatMap((value) => selectors.flatMap((select) => select(value, root)))
        if (found.length > MOST_FOUND) {
          throw new BenchError(
            'watch.failed',
            `${text.whole} names more than ${MOST_FOUND} parts: make it narrower`,
          )
        }
      }
      return found
    },
  }
}

function readSegment(text: PathText): Segment | undefined {
  if (!text.sees(/\s*(?:\.|\[)/y)) return undefined
  text.take(/\s*/y)
  const deep = text.take(/\.\./y) !== undefined
  if (text.take(/\[\s*/y)) {
    const selectors: { select: Selector; single: boolean }[] = []
    do selectors.push(readSelector(text))
    while (text.take(/\s*,\s*/y))
    text.need(/\s*\]/y)
    const single = !deep && selectors.length === 1 && selectors[0]?.single === true
    return { selectors: selectors.map(({ select }) => select), deep, single }
  }
  if (!deep) text.need(/\./y)
  if (text.take(/\*/y)) return { selectors: [children], deep, single: false }
  const [name] = text.need(NAME)
  return { selectors: [member(name)], deep, single: !deep }
}

function readSelector(text: PathText): { select: Selector; single: boolean } {
  const quoted = text.take(QUOTED)
  if (quoted) return { select: member(unquoted(quoted)), single: true }
  if (text.take(/\*/y)) return { select: children, single: false }
  if (text.take(/\?\s*/y)) {
    const test = readFilter(text, readQuery)
    return { select: (value, root) => children(value).filter((child) => test(child, root)), single: false }
  }
  const range = text.take(/(-?\d+)?\s*:\s*(-?\d+)?(?:\s*:\s*(-?\d+)?)?/y)
  if (range) {
    const [from, to, by] = range.slice(1).map((part) => (part === undefined ? undefined : Number(part)))
    return { select: (value) => slice(value, from, to, by), single: false }
  }
  const index = Number(text.need(/-?\d+/y)[0])
  const select: Selector = (value) =>
    Array.isArray(value) && index < value.length && index >= -value.length ? [value.at(index) as unknown] : []
  return { select, single: true }
}

function member(name: string): Selector {
  return (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
      ? [(value as Record<string, unknown>)[name]]
      : []
}

function children(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

function descendants(value: unknown): unknown[] {
  const all: unknown[] = []
  const open = [value]
  for (let next = open.pop(); next !== undefined && all.length <= MOST_FOUND * 10; next = open.pop()) {
    all.push(next)
    open.push(...children(next).reverse())
  }
  return all
}

function slice(value: unknown, from: number | undefined, to: number | undefined, step = 1): unknown[] {
  if (!Array.isArray(value) || step === 0) return []
  const length = value.length
  const place = (n: number | undefined, otherwise: number): number =>
    n === undefined ? otherwise : n < 0 ? n + length : n
  const found: unknown[] = []
  if (step > 0) {
    for (let i = Math.max(0, place(from, 0)); i < Math.min(length, place(to, length)); i += step)
      found.push(value[i])
  } else {
    const begin = Math.min(length - 1, place(from, length - 1))
    for (let i = begin; i > Math.max(-1, place(to, -1)); i += step) found.push(value[i])
  }
  return found
}
