import { z } from 'zod'

/** One question whose answer says whether a device is safe. */
const proof = z.strictObject({
  ask: z.string().describe('the question as the transport writes it: with LF where it is a message'),
  answer: z
    .string()
    .default('')
    .describe('regular expression: which lines are answers to it; every line when it is empty'),
  part: z
    .strictObject({
      regex: z.string().optional().describe('regular expression that finds it'),
      group: z.number().int().default(1).describe('which of its groups'),
      index: z.number().int().optional().describe('which item of what was found, from 0'),
      separator: z.string().default(',').describe('what stands between two items'),
    })
    .optional()
    .describe('which part of the answer `safe` speaks of; all of it when left out'),
  safe: z
    .string()
    .describe('regular expression, in any case: an answer that matches says that the device is safe'),
  once: z
    .boolean()
    .optional()
    .describe(
      'an answer is gone once it was given, as from an error queue: the messages are sent again before it is asked again',
    ),
  deadlineMs: z
    .number()
    .int()
    .optional()
    .describe('how long the device may take to answer, ms; 3000 when left out'),
})
export type Proof = z.output<typeof proof>

/**
 * How a device is made safe by a program that knows its wire and nothing else of it: data of the driver, no code.
 * The emergency stop and the guardian send the same messages and believe the same proofs.
 */
export const safePlan = z.strictObject({
  resource: z.string().describe('the VISA resource name that leads to the device'),
  wire: z.unknown().optional().describe('`wireOptions` of bridge/transport/resource.ts'),
  guard: z
    .enum(['standby', 'takeover'])
    .describe(
      'standby: the guardian opens a second connection when the device may emit or move; takeover: the device takes one connection, and the guardian connects when the bridge has none any more',
    ),
  clearing: z
    .string()
    .default('')
    .describe(
      'bytes that end a message which a dead bridge left half sent; empty where `messages` are real-time bytes',
    ),
  messages: z
    .array(z.string())
    .describe(
      'what makes it safe, each a write of its own: with LF, which the transport turns into its own end',
    ),
  proofs: z
    .array(proof)
    .describe('what proves it: all of them are to hold; none where the device cannot say'),
})
export type SafePlan = z.output<typeof safePlan>

/** Whether an answer, without its end mark, says that the device is safe: what cannot be understood does not. */
export function provesSafe({ safe, part }: Proof, answer: string): boolean {
  const said = part ? pickPart(answer.trim(), part) : answer.trim()
  return said !== undefined && new RegExp(safe, 'i').test(said.trim())
}

/** The part of an answer that is meant; undefined where there is none. */
export function pickPart(
  answer: string,
  { regex, group, index, separator }: NonNullable<Proof['part']>,
): string | undefined {
  const found = regex === undefined ? answer : new RegExp(regex).exec(answer)?.[group]
  return index === undefined ? found : found?.split(separator)[index]
}
