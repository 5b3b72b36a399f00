import { z } from 'zod'
import { BenchError } from '../../../shared/wire/errors.ts'
import { applyMergePatch } from '../../../shared/wire/merge-patch.ts'
import { resourceName, wireOptions } from '../../transport/resource.ts'
import { declaration, type Declaration } from './declaration.ts'
import { readShipped } from './shipped.ts'

/** Checked once it has been laid over its model's file: a part of an entry may be all that stands in bench.yaml. */
const entries = (what: string) =>
  z
    .record(z.string(), z.record(z.string(), z.unknown()).nullable())
    .optional()
    .describe(`${what}, by name; over a model's a part is enough, and ~ leaves one out (docs/instruments.md)`)
const whole = <S extends z.ZodType>(member: S) =>
  z
    .unknown()
    .optional()
    .describe(member.description ?? '')

const given = z.strictObject({
  resource: resourceName,
  wire: wireOptions,
  model: z
    .string()
    .optional()
    .describe('one of those in instruments/, e.g. keysight-34465a; what stands here goes over it'),
  name: whole(declaration.shape.name),
  identifies: whole(declaration.shape.identifies),
  manual: whole(declaration.shape.manual),
  channels: whole(declaration.shape.channels),
  open: whole(declaration.shape.open),
  safe: whole(declaration.shape.safe),
  guard: whole(declaration.shape.guard),
  errors: whole(declaration.shape.errors),
  readings: entries('what it measures'),
  settings: entries('what it can be set to'),
  actions: entries('what it can be told to do'),
  traces: entries('curves that it gives'),
})

/** What bench.yaml says of a declared instrument: where it is, and its declaration, whole or over a model's. */
export const declaredConfig = given.transform(({ resource, wire, model, ...own }, context) => {
  let base: Record<string, unknown> = {}
  try {
    if (model !== undefined) base = readShipped(model)
  } catch (error) {
    if (!(error instanceof BenchError)) throw error
    context.addIssue({ code: 'custom', path: ['model'], message: error.message })
    return z.NEVER
  }
  const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
  const checked = declaration.safeParse(applyMergePatch(base, said))
  if (!checked.success) {
    context.issues.push(...checked.error.issues.map((issue) => ({ ...issue, input: undefined }) as never))
    return z.NEVER
  }
  return { resource, wire, model, declaration: checked.data satisfies Declaration }
})
export type DeclaredConfig = z.output<typeof declaredConfig>
