import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { BenchError } from '../../shared/wire/errors.ts'
import { parserFault, structureFaults, type YamlFault } from './yaml-faults.ts'

/** 1,000 devices take half of it, and the parser is through with the worst of this size within a second. */
const MOST_BYTES = 100_000
/** Whoever has mended these sees the next. */
const MOST_TOLD = 50

/** bench.yaml with its mistakes, each with the line that it stands on. */
export class BenchYaml {
  readonly file: string
  /** Plain data; `{}` for a file that is empty, or no YAML. */
  readonly content: unknown
  readonly #lines = new LineCounter()
  readonly #document: Document
  readonly #wrong: string[] = []
  #untold = 0

  constructor(file: string, text: string) {
    this.file = file
    this.#document = this.#parse(text)
    this.content = this.#wrong.length > 0 ? {} : this.#plain()
  }

  /** Rejects with `config.invalid` when the file cannot be read, is too large, or is not text. */
  static async read(file: string): Promise<BenchYaml> {
    return new BenchYaml(file, await readText(file))
  }

  /** Notes a mistake at the deepest part of the path that the file has: what is missing is missed there. */
  wrong(path: readonly PropertyKey[], what: string): void {
    this.#tell(() => this.#offsetOf(path), `${nameOf(path)}: ${what}`)
  }

  /** The value by a schema; undefined when it is wrong, which is noted. */
  check<S extends z.ZodType>(schema: S, value: unknown, at: readonly PropertyKey[]): z.output<S> | undefined {
    const result = schema.safeParse(value)
    if (result.success) return result.data
    for (const issue of result.error.issues) {
      const path = [...at, ...issue.path]
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys)
          this.#wrongKey([...path, key], 'unknown key: no such setting; check its spelling')
      } else if (issue.code === 'invalid_key') this.#wrongKey(path, issue.issues[0]?.message ?? issue.message)
      else this.wrong(path, issue.message)
    }
    return undefined
  }

  /** Where a path of the file stands, as `file:line`. */
  place(path: readonly PropertyKey[]): string {
    return `${this.file}:${this.#lines.linePos(this.#offsetOf(path)).line || 1}`
  }

  /** Throws `config.invalid` with every mistake that was noted, a line each. */
  throwIfWrong(): void {
    if (this.#wrong.length === 0) return
    const more = this.#untold > 0 ? [`${this.file}: and ${this.#untold} more; mend these first`] : []
    throw new BenchError('config.invalid', [...this.#wrong, ...more].join('\n'))
  }

  #parse(text: string): Document {
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
      keepSourceTokens: false,
    })
    for (const error of [...document.errors, ...document.warnings]) this.#note(parserFault(error))
    if (this.#wrong.length > 0) return document
    for (const fault of structureFaults(document)) this.#note(fault)
    return document
  }

  #plain(): unknown {
    try {
      return this.#document.toJS() ?? {}
    } catch (error) {
      this.#note({ offset: 0, what: error instanceof Error ? error.message : String(error) })
      return {}
    }
  }

  #wrongKey(path: readonly PropertyKey[], what: string): void {
    this.#tell(() => this.#keyOffsetOf(path), `${nameOf(path)}: ${what}`)
  }

  #note({ offset, what }: YamlFault): void {
    this.#tell(() => offset, what)
  }

  /** `offset` is asked for when it is told: finding it takes a walk through the document. */
  #tell(offset: () => number, what: string): void {
    if (this.#wrong.length < MOST_TOLD)
      this.#wrong.push(`${this.file}:${this.#lines.linePos(offset()).line || 1}: ${what}`)
    else this.#untold += 1
  }

  #keyOffsetOf(path: readonly PropertyKey[]): number {
    const map = this.#document.getIn(path.slice(0, -1), true)
    for (const { key } of isMap(map) ? map.items : [])
      if (isScalar(key) && String(key.value) === path.at(-1)) return key.range?.[0] ?? 0
    return this.#offsetOf(path)
  }

  #offsetOf(path: readonly PropertyKey[]): number {
    for (let depth = path.length; depth > 0; depth--) {
      const keys = path.slice(0, depth).map((key) => (typeof key === 'symbol' ? String(key) : key))
      const node = this.#document.getIn(keys, true)
      if (isNode(node) && node.range) return node.range[0]
    }
    return 0
  }
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.map(String).join('.') || '(the file)'
}

/** Rejects with `config.invalid`. Never waits for a pipe, and never reads more than a bench may be long. */
async function readText(file: string): Promise<string> {
  const wrong = (what: string, cause?: unknown): BenchError =>
    new BenchError('config.invalid', `${file} ${what}`, { cause })
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    if (!(await handle.stat()).isFile()) throw wrong("is not a file: name the bench's file with --config")
    const buffer = Buffer.alloc(MOST_BYTES + 1)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
    if (bytesRead > MOST_BYTES)
      throw wrong(
        `is larger than ${MOST_BYTES / 1000} kB: this cannot be a bench; name its file with --config`,
      )
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead))
  } catch (error) {
    if (error instanceof BenchError) throw error
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw wrong('is not UTF-8 text: save it as UTF-8', error)
    const why = error instanceof Error ? error.message : String(error)
    throw wrong(`cannot be read (${why}): name the bench's file with --config`, error)
  }
}
