import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** What every simulator is told. */
const COMMON = {
  host: { type: 'string', default: '127.0.0.1' },
  'with-parent': { type: 'boolean', default: false },
} as const

/** A simulator's program: its arguments, its ends, and what it says. */
export class Program {
  readonly #usage: string
  readonly #ended = new AbortController()

  /** `usage` is shown with every wrong argument. */
  constructor(usage: string) {
    this.#usage = usage
    // Whoever read it may be gone; the simulator goes on until it is told to end.
    process.stdout.on('error', () => undefined)
  }

  /** The arguments, those that every simulator has among them. Ends the program when they are wrong. */
  arguments<const Options extends NonNullable<ParseArgsConfig['options']>>(options: Options) {
    try {
      return parseArgs({ options: { ...COMMON, ...options } }).values
    } catch (error) {
      return this.fail(error instanceof Error ? error.message : String(error))
    }
  }

  /** A number among the arguments. Ends the program when it is none, or out of bounds. */
  number(name: string, text: string, low: number, high: number, whole = true): number {
    const value = Number(text)
    if (text === '' || !(value >= low && value <= high) || (whole && !Number.isInteger(value)))
      this.fail(`--${name} ${text}: give a ${whole ? 'whole ' : ''}number from ${low} to ${high}`)
    return value
  }

  /** A port among the arguments; 0 takes any that is free. */
  port(name: string, text: string): number {
    return this.number(name, text, 0, 65_535)
  }

  fail(message: string): never {
    process.stderr.write(`${message}\n${this.#usage}\n`)
    process.exit(2)
  }

  /** Says something in a line of its own, big integers as text. */
  say(event: object): void {
    const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
    process.stdout.write(`${JSON.stringify(event, text)}\n`)
  }

  /**
   * Serves until SIGTERM, or with `withParent` until whoever started it ends; says `{"listening": …}` once it listens.
   * `heard` is given what the parent writes, line by line.
   */
  async run(
    { withParent, heard = () => {} }: { withParent: boolean; heard?: (line: string) => void },
    serve: () => Promise<AsyncDisposable & { said: object }>,
  ): Promise<never> {
    const ended = this.#ended
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => ended.abort())
    if (withParent) {
      // The parent holds the other end, and lets go of it even when it is killed.
      createInterface(process.stdin).on('line', heard)
      process.stdin.once('close', () => ended.abort())
      process.stdin.once('error', () => ended.abort())
    }
    try {
      await using server = await serve()
      this.say({ listening: server.said })
      if (!ended.signal.aborted) await once(ended.signal, 'abort')
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
    }
    // What is in progress, a sweep or a motion, would keep the process alive for as long as it goes.
    process.exit()
  }
}
