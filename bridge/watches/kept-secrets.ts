import { randomBytes } from 'node:crypto'
import { concealed, secretsIn, withSecretTexts } from '../../shared/wire/conceal.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import {
  keptReference,
  refersToKept,
  secretNamesIn,
  withKeptSecrets,
} from '../../shared/wire/secret-reference.ts'
import type { WatchBody } from '../../shared/watches/watch.ts'
import { type WatchWhat, watchWhat } from '../../shared/watches/watch-what.ts'

/** A watch as it is answered and exported: in the place of each secret a reference to it, by its number in the watch. */
export function shownWatch<W extends Pick<WatchBody, 'what'>>(watch: W): W {
  let number = 0
  return { ...watch, what: concealed(watchWhat, watch.what, () => keptReference((number += 1))) }
}

/** The secrets that are kept in a watch itself. */
export function keptIn(what: WatchWhat): string[] {
  return secretsIn(watchWhat, what)
}

/** The named secrets to which a watch refers. */
export function secretsOf(what: WatchWhat): string[] {
  const names: string[] = []
  withSecretTexts(watchWhat, what, (text) => {
    names.push(...secretNamesIn(text))
    return text
  })
  return names
}

/**
 * What a draft means: with the secrets of the watch that it is a form of in the place of references to them. Throws
 * `input.invalid` for one that it does not have, for one that would be sent to a host that it has not been sent to, and
 * for one in a place where it would be shown.
 */
export function restored(draft: WatchWhat, before: WatchWhat | undefined): WatchWhat {
  let refers = false
  withSecretTexts(watchWhat, draft, (text) => ((refers ||= refersToKept(text)), text))
  if (!refers) return draft
  const kept = before ? keptIn(before) : []
  requireSameHosts(draft, before)
  requireHidden(draft, kept.length)
  return putBack(draft, kept)
}

function putBack(draft: WatchWhat, kept: readonly string[]): WatchWhat {
  return withSecretTexts(watchWhat, draft, (text) => {
    const whole = withKeptSecrets(text, kept)
    if (whole !== undefined) return whole
    throw new BenchError(
      'input.invalid',
      'what: a reference stands for a secret of another watch, or of an earlier form of this one: type it again, or name one with ${secret:name}',
    )
  })
}

/** Tries it with values that stand nowhere else. */
function requireHidden(draft: WatchWhat, count: number): void {
  const marks = Array.from({ length: count }, () => randomBytes(12).toString('hex'))
  const seen = JSON.stringify(concealed(watchWhat, putBack(draft, marks), () => ''))
  if (!marks.some((mark) => seen.includes(mark))) return
  throw new BenchError(
    'input.invalid',
    'what: a secret that is kept would be shown where it stands now: type it again',
  )
}

function requireSameHosts(draft: WatchWhat, before: WatchWhat | undefined): void {
  const known = before ? originsOf(before) : new Set<string>()
  const other = [...originsOf(draft)].find((origin) => !known.has(origin))
  if (other === undefined) return
  throw new BenchError(
    'input.invalid',
    `what: a secret that was kept for another host would be sent to ${other}: type it again`,
  )
}

/** Where a watch of a page sends what is in it. */
function originsOf(what: WatchWhat): Set<string> {
  if (what.kind !== 'page') return new Set()
  const steps = what.steps.flatMap((step) => (step.do === 'goto' ? [step.url] : []))
  return new Set([what.url, ...steps].map((url) => new URL(url).origin))
}
