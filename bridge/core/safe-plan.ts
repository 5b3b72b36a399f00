import { z } from 'zod'

/** One question whose answer says whether a device is safe. */
const proof = z.strictObject({
  ask: z.string().describe('the question as the transport writes it: with LF where it is a message'),
  answer: z
    .string()
    .default('')
    .describe('regular expression: which lines are answers to it; every line when it is empty'),
  safe: z.string().describe('regular expression: an answer that matches says that the device is safe'),
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
