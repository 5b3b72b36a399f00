import { inspect } from 'node:util'
import { z } from 'zod'

/** When a value counts as closed: it equals, or it lies in the band; both may be asked for. */
export const condition = {
  equals: z.union([z.string(), z.number(), z.boolean()]).optional().describe('closed when the value is this'),
  min: z.number().optional().describe('closed when the value is a number and at least this'),
  max: z.number().optional().describe('closed when the value is a number and at most this'),
}

type Condition = z.infer<z.ZodObject<typeof condition>>

/** Why the value does not close the interlock, or undefined when it does. What cannot be judged does not. */
export function whyOpen(value: unknown, { equals, min, max }: Condition): string | undefined {
  if (value === undefined) return 'there is no value'
  if (equals !== undefined && value !== equals) return `it is ${inspect(value)}, not ${inspect(equals)}`
  if (min === undefined && max === undefined) return undefined
  if (typeof value !== 'number' || Number.isNaN(value)) return `${inspect(value)} is not a number`
  if (min !== undefined && value < min) return `${value} is below ${min}`
  if (max !== undefined && value > max) return `${value} is above ${max}`
  return undefined
}
