import { BenchError } from '../../../shared/errors.ts'

type Step = (value: unknown) => unknown[]

/** One step of a path: `.name`, `['name']`, `[0]`, `[1:5:2]`, `.*` or `[*]`, each after `..` for all below (RFC 9535). */
const TOKEN =
  /(\.\.|\.)?(?:([\p{L}_][\p{L}\p{N}_-]*)|(\*)|\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\*)|(-?\d+)|(-?\d*)\s*:\s*(-?\d*)(?:\s*:\s*(-?\d*))?)\s*\])/uy
const MOST_FOUND = 10_000

/** The parts of a JSON value that a path names, in order; filters are not understood. Throws `input.invalid` for what is no path. */
export function findInJson(value: unknown, path: string): unknown[] {
  let found: unknown[] = [value]
  for (const step of stepsOf(path)) {
    found = found.flatMap(step)
    if (found.length > MOST_FOUND) {
      throw new BenchError('watch.failed', `${path} names more than ${MOST_FOUND} parts: make it narrower`)
    }
  }
  return found
}

/** Throws `input.invalid` for what is no path. */
export function requireJsonPath(path: string): void {
  stepsOf(path)
}

function stepsOf(path: string): Step[] {
  const steps: Step[] = []
  let at = 1
  while (at < path.length) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(path)
    if (!match || !path.startsWith('$')) {
      throw new BenchError(
        'input.invalid',
        `the JSON path ${path} cannot be read from "${path.slice(at, at + 20)}" on`,
      )
    }
    const [token, dots, bare, star, single, double, bracketStar, index, from, to, by] = match
    at += token.length
    if (dots === '..') steps.push(descendants)
    const name = bare ?? (single ?? double)?.replace(/\\(.)/g, '$1')
    if (name !== undefined)
      steps.push((value) => (isRecord(value) && Object.hasOwn(value, name) ? [value[name]] : []))
    else if (star !== undefined || bracketStar !== undefined) steps.push(children)
    else if (index !== undefined) {
      steps.push((value) =>
        Array.isArray(value) && Math.abs(Number(index) + 0.5) < value.length + 0.5
          ? [value.at(Number(index)) as unknown]
          : [],
      )
    } else steps.push((value) => slice(value, from, to, by))
  }
  return steps
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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

function slice(value: unknown, from = '', to = '', by = ''): unknown[] {
  const step = by === '' ? 1 : Number(by)
  if (!Array.isArray(value) || step === 0) return []
  const length = value.length
  const place = (text: string, otherwise: number): number => {
    if (text === '') return otherwise
    const n = Number(text)
    return n < 0 ? n + length : n
  }
  const found: unknown[] = []
  if (step > 0) {
    for (let i = Math.max(0, place(from, 0)); i < Math.min(length, place(to, length)); i += step)
      found.push(value[i])
  } else {
    for (let i = Math.min(length - 1, place(from, length - 1)); i > Math.max(-1, place(to, -1)); i += step)
      found.push(value[i])
  }
  return found
}
