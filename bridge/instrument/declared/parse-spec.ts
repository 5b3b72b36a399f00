import { z } from 'zod'
import { regexText } from './wire-text.ts'

const full = z
  .strictObject({
    as: z
      .enum(['number', 'boolean', 'text'])
      .optional()
      .describe('what it is; a number, or the setting’s own type'),
    index: z.number().int().min(0).optional().describe('of a list: which of its items, from 0'),
    separator: z.string().min(1).default(',').describe('what stands between the items of a list'),
    regex: regexText.optional().describe('a regular expression that finds it in the answer'),
    group: z.number().int().min(0).default(1).describe('which group of `regex` it is'),
    scale: z
      .number()
      .default(1)
      .refine((scale) => scale !== 0, 'a scale is not 0')
      .describe('what the instrument’s number is multiplied by to be in `unit`'),
    offset: z.number().default(0).describe('what is added after that'),
    yes: z.array(z.string()).default([]).describe('words for true besides 1 and ON'),
    no: z.array(z.string()).default([]).describe('words for false besides 0 and OFF'),
  })
  .prefault({})

/** How an answer becomes a value. `number`, `boolean` and `text` alone are short for `{ as: … }`. */
export const parseSpec = z
  .preprocess((given) => (typeof given === 'string' ? { as: given } : given), full)
  .describe('how the answer becomes a value')
export type ParseSpec = z.infer<typeof full>
