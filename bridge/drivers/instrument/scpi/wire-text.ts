import { z } from 'zod'

export const queryText = z.string().regex(/\?/, 'a query has a question mark')

export const commandText = z
  .string()
  .min(1)
  .refine((text) => !text.includes('?'), 'a command has no question mark: nobody would read the answer')

export const regexText = z.string().refine((text) => {
  try {
    return Boolean(new RegExp(text))
  } catch {
    return false
  }
}, 'this is no regular expression')
