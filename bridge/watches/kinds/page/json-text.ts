import { BenchError } from '../../../../shared/wire/errors.ts'

/** The text of a JSON path, read from left to right. */
export class PathText {
  readonly whole: string
  #at = 0

  constructor(whole: string) {
    this.whole = whole
  }

  get atEnd(): boolean {
    return this.#at >= this.whole.length
  }

  /** What comes next, if it is this, without moving on. */
  sees(pattern: RegExp): boolean {
    return this.#match(pattern) !== undefined
  }

  /** Takes what comes next, if it is this; answers its groups. The pattern is sticky. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    const found = this.#match(pattern)
    if (found) this.#at += found[0].length
    return found
  }

  /** Takes what has to come next. Throws `input.invalid` where it does not. */
  need(pattern: RegExp): RegExpExecArray {
    return this.take(pattern) ?? this.fail()
  }

  fail(): never {
    const rest = this.whole.slice(this.#at, this.#at + 20)
    throw new BenchError(
      'input.invalid',
      `the JSON path ${this.whole} cannot be read from "${rest}" on (character ${this.#at + 1})`,
    )
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.whole) ?? undefined
  }
}

/** A path as it is followed from a value, `@` or `$`. */
export interface Query {
  find: (from: unknown, root: unknown) => unknown[]
  /** It finds one part at most. */
  single: boolean
}

/** A text in quotes: its body is the first group, or the second. */
export const QUOTED = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/uy

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** What a text in quotes means (RFC 9535, section 2.3.1.1). */
export function unquoted([, single, double]: RegExpExecArray): string {
  return (single ?? double ?? '').replace(/\\(u[0-9a-fA-F]{4}|.)/gu, (_, mark: string) =>
    mark.length > 1 ? String.fromCharCode(parseInt(mark.slice(1), 16)) : (ESCAPES[mark] ?? mark),
  )
}
