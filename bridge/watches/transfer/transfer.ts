import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'yaml'
import { BenchError, explainIssues } from '../../../shared/wire/errors.ts'
import { MOST_WATCHES, watchBody, type WatchDraft } from '../../../shared/watches/watch.ts'
import { watchesOfChangedetection } from './changedetection.ts'
import type { Imported, JobInput, JobOutput } from '../worker/jobs.ts'

/** The watches as people would write them: what a default says anyway is left out. */
export function exportYaml({ watches }: JobInput<'exportYaml'>): JobOutput<'exportYaml'> {
  return stringify({ watches: watches.map((watch) => lean(watchBody.parse(watch))) }, { lineWidth: 0 })
}

/** What stands in a file, each checked for itself. Throws `input.invalid` when the file cannot be read at all. */
export function readImport({ text, format }: JobInput<'readImport'>): JobOutput<'readImport'> {
  const drafts = format === 'yaml' ? fromYaml(text) : watchesOfChangedetection(fromJson(text))
  if (drafts.length > MOST_WATCHES) {
    throw new BenchError(
      'input.invalid',
      `the file has ${drafts.length} watches, and a bench ${MOST_WATCHES} at most`,
    )
  }
  return drafts.map(checked)
}

function checked(draft: unknown, i: number): Imported {
  const given = (draft as { name?: unknown } | null)?.name
  const name = typeof given === 'string' ? given.slice(0, 120) : `number ${i + 1}`
  const found = watchBody.safeParse(draft)
  return found.success ? { name, body: found.data } : { name, why: explainIssues(found.error) }
}

function lean(body: ReturnType<typeof watchBody.parse>): WatchDraft {
  const plain: Record<string, unknown> = watchBody.parse({ name: body.name, what: body.what })
  const kept = Object.entries(body).filter(
    ([key, value]) => key === 'name' || key === 'what' || !isDeepStrictEqual(value, plain[key]),
  )
  return Object.fromEntries(kept) as WatchDraft
}

function fromYaml(text: string): unknown[] {
  let found: unknown
  try {
    found = parse(text, { maxAliasCount: 100 })
  } catch (cause) {
    throw new BenchError(
      'input.invalid',
      `the YAML cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
  const watches = Array.isArray(found) ? found : (found as { watches?: unknown } | null)?.watches
  if (Array.isArray(watches)) return watches
  throw new BenchError('input.invalid', 'the YAML has no list `watches`')
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BenchError(
      'input.invalid',
      `the JSON cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}
