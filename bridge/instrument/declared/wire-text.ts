import { z } from 'zod'

const ONE_MESSAGE = 'one message each: list several as entries of their own, not as lines of one'

/** What goes over the wire in one piece: a line's end in it would make two messages of it, on some wires and not on others. */
export const messageText = z
  .string()
  .transform((text) => text.trimEnd())
  .refine((text) => !/[\r\n]/.test(text), ONE_MESSAGE)

export const queryText = messageText.refine((text) => text.includes('?'), 'a query has a question mark')

export const commandText = messageText
  .refine((text) => text !== '', 'a command is not empty')
  .refine((text) => !text.includes('?'), 'a command has no question mark: nobody would read the answer')

export const regexText = z.string().refine((text) => {
  try {
    return Boolean(new RegExp(text))
  } catch {
    return false
  }
}, 'this is no regular expression')
