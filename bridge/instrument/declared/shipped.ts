import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { declaration, type Declaration } from './declaration.ts'
import { BenchError, explainIssues } from '../../../shared/wire/errors.ts'

const folder = new URL('../../../instruments/', import.meta.url)
const SUFFIX = '.yaml'

/** The models that Lightbench brings along, by the name that bench.yaml calls them. */
export function shippedModels(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort()
}

/** A model's file as it is written. Throws `config.invalid`, with those that there are, when there is none. */
export function readShipped(model: string): Record<string, unknown> {
  const models = shippedModels()
  if (!models.includes(model)) {
    const message = `there is no model "${model}"; there are ${models.join(', ')}. Leave \`model\` out to declare it all here`
    throw new BenchError('config.invalid', message)
  }
  return parse(readFileSync(new URL(`${model}${SUFFIX}`, folder), 'utf8')) as Record<string, unknown>
}

/** A model's whole declaration. Throws `config.invalid` when there is none, or its file is wrong. */
export function shippedDeclaration(model: string): Declaration {
  const checked = declaration.safeParse(readShipped(model))
  if (checked.success) return checked.data
  throw new BenchError('config.invalid', `instruments/${model}.yaml: ${explainIssues(checked.error)}`)
}

/** The model whose `identifies` matches an answer to *IDN?, or undefined. */
export function modelOf(identity: string): { model: string; declaration: Declaration } | undefined {
  for (const model of shippedModels()) {
    const shipped = shippedDeclaration(model)
    if (shipped.identifies !== undefined && new RegExp(shipped.identifies, 'i').test(identity))
      return { model, declaration: shipped }
  }
  return undefined
}
