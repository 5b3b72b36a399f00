import { BenchError } from '../../../shared/wire/errors.ts'
import type { Line } from '../scpi/line.ts'
import type { Guest } from './guest.ts'

/**
 * The light that programs switch on: only those may that bench.yaml says of, and since nobody's heartbeat answers for it,
 * their connection does.
 */
export class GuestLight {
  readonly #line: Line
  readonly #end: (who: string) => void
  readonly #lit = new Set<Guest>()

  /** `end` ends the instrument's light; it is told who had switched some on. */
  constructor(line: Line, end: (who: string) => void) {
    this.#line = line
    this.#end = end
  }

  /** Why a message may not be sent, for the light that it may switch on; undefined when it may. */
  whyNot({ who, mayEmit }: Guest, message: string): BenchError | undefined {
    if (mayEmit || !this.#line.dialect.light?.mayCome(message)) return undefined
    const what = `${message.slice(0, 60)} may switch light on, which ${who} may not: its entry in bench.yaml has no mayEmit`
    return new BenchError('role.required', what)
  }

  /** A message that may be sent is about to be. Gives why it may not after all: nobody would end its light. */
  sending(guest: Guest, message: string): BenchError | undefined {
    const { light } = this.#line.dialect
    if (!light?.mayCome(message)) return undefined
    try {
      light.comes()
    } catch (error) {
      if (error instanceof BenchError) return error
      throw error
    }
    this.#lit.add(guest)
    return undefined
  }

  /** A program has left: the light that it may have switched on goes with it. */
  left(guest: Guest): void {
    if (this.#lit.delete(guest)) this.#end(guest.who)
  }
}
