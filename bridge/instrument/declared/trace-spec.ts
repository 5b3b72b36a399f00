import { z } from 'zod'
import { quantityOf, quantityText, unitText } from '../../../shared/traces/trace-axis.ts'
import { commandText, queryText } from './wire-text.ts'

const amount = z.union([z.number(), queryText])
const place = z.number().int().min(0)

/** Which items of the answer to a preamble's query are what, from 0. */
const preamble = z.strictObject({
  query: queryText,
  separator: z.string().min(1).default(','),
  points: place.optional(),
  xIncrement: place.optional(),
  xOrigin: place.optional(),
  xReference: place.optional().describe('the sample that lies at xOrigin'),
  yIncrement: place.optional(),
  yOrigin: place.optional().describe('added after scaling'),
  yReference: z
    .union([place.transform((one) => [one]), z.array(place)])
    .optional()
    .describe('subtracted from a sample before it is scaled; of several, their sum'),
})

/** Where the samples lie: two of start, step and stop, as numbers or as queries, or else from the preamble. */
const axis = z
  .strictObject({
    start: amount.optional(),
    step: amount.optional(),
    stop: amount.optional().describe('instead of step'),
    scale: z.number().default(1).describe('what those numbers are multiplied by to be in `unit`'),
    unit: unitText.default('s').describe('without a prefix: m, s, Hz, V'),
    quantity: quantityText
      .optional()
      .describe('what it is; wavelength, time, frequency or voltage by its unit when left out'),
  })
  .transform(({ quantity, ...rest }) => ({ ...rest, quantity: quantity ?? quantityOf(rest.unit) }))

export const traceEntry = z
  .strictObject({
    label: z.string().optional().describe('what the page calls it; the name when left out'),
    before: z.array(commandText).default([]).describe('commands that are sent first'),
    query: queryText,
    format: z
      .enum(['ascii', 'real32', 'real64', 'int8', 'uint8', 'int16', 'uint16', 'int32'])
      .describe('numbers as text, or a block (IEEE 488.2) of these'),
    byteOrder: z.enum(['big', 'little']).default('big').describe('of a block: the byte that comes first'),
    separator: z.string().min(1).default(',').describe('of text: what stands between two numbers'),
    header: z
      .boolean()
      .default(false)
      .describe('of text: whether a block’s header, such as #9000001200, comes first'),
    unit: z.string().default(''),
    scale: z.number().default(1).describe('what a sample is multiplied by to be in `unit`'),
    preamble: preamble.optional().describe('a list of numbers that says how to scale the samples'),
    axis: axis.prefault({}),
    deadlineMs: z.number().int().min(50).max(120_000).default(10_000),
  })
  .superRefine(({ axis: { start, step, stop }, preamble: fields }, context) => {
    const given = start !== undefined && (step !== undefined) !== (stop !== undefined)
    const told =
      fields?.xIncrement !== undefined && start === undefined && step === undefined && stop === undefined
    if (given || told) return
    const message =
      'say where the samples lie: start with either step or stop, or else xIncrement in the preamble'
    context.addIssue({ code: 'custom', path: ['axis'], message })
  })
export type TraceEntry = z.infer<typeof traceEntry>
