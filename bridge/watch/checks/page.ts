import { BenchError } from '../../../shared/errors.ts'
import type { PageWatch } from '../../../shared/watch-what.ts'
import type { PageBrowser } from '../browser/browser.ts'
import type { PageFetcher } from '../fetch-page.ts'
import type { Lab } from '../lab/lab.ts'
import type { CheckContext, Seen } from '../seen.ts'
import { numberAlarm } from './number.ts'

const VALUE_LENGTH = 80
const NUMBER = /[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?/

export interface PageTools {
  fetcher: PageFetcher
  browser: PageBrowser
  lab: Lab
}

interface Memory {
  hash: string
}

/** Looks at a page. Throws `watch.failed` when it cannot be had, or has not what was chosen. */
export async function checkPage(watch: PageWatch, tools: PageTools, context: CheckContext): Promise<Seen> {
  const { url, steps, select, json, filters, condition } = watch
  let page: { body: string; type: 'html' | 'text' }
  let picture: Uint8Array | undefined
  if (watch.with === 'browser') {
    context.comment('waiting for the browser')
    const { body, png } = await tools.browser.check({ url, steps, select, json }, context)
    // The browser has chosen already: only its text comes.
    page = { body, type: 'text' }
    picture = png
  } else {
    context.comment('fetching the page')
    page = await tools.fetcher.fetch(url, context.signal)
  }
  context.comment('reading the page')
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
