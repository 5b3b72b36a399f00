import { BenchError } from '../../../../shared/wire/errors.ts'
import type { PageWatch } from '../../../../shared/watches/watch-what.ts'
import type { Secrets } from '../../../core/filled.ts'
import type { NamedSecrets } from '../../../core/named-secrets.ts'
import { scrubber } from '../../../core/scrub.ts'
import type { PageBrowser } from './browser/browser.ts'
import type { PageFetcher } from './fetch-page.ts'
import { keptIn, secretsOf } from '../../kept-secrets.ts'
import type { Lab } from '../../worker/lab.ts'
import type { CheckContext, Seen } from '../../scheduler/seen.ts'
import { numberAlarm } from '../reading/number.ts'

const VALUE_LENGTH = 80
const NUMBER = /[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?/

export interface PageTools {
  fetcher: PageFetcher
  browser: PageBrowser
  lab: Lab
  secrets: NamedSecrets
}

interface Memory {
  hash: string
}

/** Looks at a page. Throws `watch.failed` when it cannot be had, or has not what was chosen. */
export async function checkPage(watch: PageWatch, tools: PageTools, context: CheckContext): Promise<Seen> {
  const secrets = tools.secrets.sendable(secretsOf(watch))
  const scrub = scrubber([...keptIn(watch), ...valuesOf(secrets)])
  const comment = (text: string): void => context.comment(scrub(text))
  try {
    return await look(watch, secrets, tools, { ...context, comment })
  } catch (error) {
    // What Playwright, undici or a server says may repeat what it was sent.
    if (error instanceof Error) error.message = scrub(error.message)
    throw error
  }
}

async function look(
  watch: PageWatch,
  secrets: Secrets,
  tools: PageTools,
  context: CheckContext,
): Promise<Seen> {
  const { url, headers, steps, select, json, filters, condition } = watch
  let page: { body: string; type: 'html' | 'text' }
  let picture: Uint8Array | undefined
  if (watch.with === 'browser') {
    context.comment('waiting for the browser')
    const { body, png } = await tools.browser.check({ url, steps, select, json, secrets }, context)
    // The browser has chosen already: only its text comes.
    page = { body, type: 'text' }
    picture = png
  } else {
    context.comment('fetching the page')
    page = await tools.fetcher.fetch({ url, headers, secrets }, context.signal)
  }
  context.comment('reading the page')
  // A page that repeats a named secret does not show it. What somebody types may be what the page is searched for.
  page = { ...page, body: scrubber(valuesOf(secrets))(page.body) }
  const { text, cut, hash } = await tools.lab.run('text', { ...page, select, json, filters }, context.signal)
  const seen: Seen = { value: text.slice(0, VALUE_LENGTH), snapshot: { kind: 'text', text, cut, picture } }
  if (condition.is === 'changed') {
    const before = (context.memory as Memory | undefined)?.hash
    const change = before !== undefined && before !== hash ? 'its text has changed' : undefined
    return { ...seen, change, memory: { hash } satisfies Memory }
  }
  if (condition.is === 'contains') {
    return { ...seen, alarm: text.includes(condition.text) ? `"${condition.text}" is there` : undefined }
  }
  if (condition.is === 'lacks') {
    return { ...seen, alarm: text.includes(condition.text) ? undefined : `"${condition.text}" is not there` }
  }
  const found = NUMBER.exec(text)?.[0]
  if (found === undefined) {
    throw new BenchError('watch.failed', `there is no number in "${text.slice(0, VALUE_LENGTH)}"`)
  }
  const value = Number(found.replace(',', '.'))
  return { ...seen, value, alarm: numberAlarm(value, condition, context.failing) }
}

function valuesOf(secrets: Secrets): string[] {
  return Object.values(secrets).map(({ value }) => value)
}
