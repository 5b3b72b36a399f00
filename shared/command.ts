import type { z } from 'zod'
import type { Role } from './access.ts'

/** One command as it is declared: from this entry follow its event, its route, its permission, its types and its page in the docs. */
export interface Command<I extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> {
  /** One sentence for the protocol's page. */
  about: string
  /** The weakest role that may call it. */
  role: Role
  input: I
  output: O
  /** Set where a call only makes sense on a connection that stays: such a command has no REST route. */
  only?: 'socket'
}

/** Declares a command, keeping the exact types of its input and output. */
export function command<I extends z.ZodObject, O extends z.ZodType>(spec: Command<I, O>): Command<I, O> {
  return spec
}
