import { createHash } from 'node:crypto'
import { load } from 'cheerio'
import { diffLines } from 'diff'
import { BenchError } from '../../../../shared/wire/errors.ts'
import type { TextChunk } from '../../../../shared/watches/watch-history.ts'
import type { TextFilters } from '../../../../shared/watches/watch-what.ts'
import type { JobInput, JobOutput } from '../../worker/jobs.ts'
import { findInJson } from './json-path.ts'

/** More than a page of status has; what is longer is compared as far as this. */
const MOST_TEXT = 200_000
const MOST_DIFFERENCE_MS = 5000
/** Elements after which a reader begins a new line. */
const BLOCKS =
  'address,article,aside,blockquote,br,dd,div,dl,dt,fieldset,figcaption,figure,footer,form,h1,h2,h3,h4,h5,h6,header,hr,li,main,nav,ol,p,pre,section,table,tr,ul'

/** The text of a page that is watched, as it is compared. Throws `watch.failed` when what was chosen is not there. */
export function seeText({ body, type, select, json, filters }: JobInput<'text'>): JobOutput<'text'> {
  let text = body
  if (json !== undefined) text = jsonText(body, json)
  else if (type === 'html') text = htmlText(body, select?.css)
  const lines = filtered(text, filters)
  const whole = lines.join('\n')
  const kept = whole.slice(0, MOST_TEXT)
  const compared = filters.ignoreNumbers ? kept.replace(/\d+/g, '0') : kept
  const hash = createHash('sha256').update(compared).digest('base64url')
  return { text: kept, cut: kept.length < whole.length, hash }
}

/** How one text became the other, by lines. Of what differs too much, all is shown as replaced. */
export function textDifference({ before, after }: JobInput<'difference'>): TextChunk[] {
  const changes = diffLines(withEnd(before), withEnd(after), { timeout: MOST_DIFFERENCE_MS })
  if (!changes)
    return [
      { op: 'removed', text: before },
      { op: 'added', text: after },
    ]
  return changes.map(({ added, removed, value }) => ({
    op: added ? 'added' : removed ? 'removed' : 'same',
    text: value,
  }))
}

function withEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function jsonText(body: string, path: string): string {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (cause) {
    throw new BenchError('watch.failed', 'the answer is no JSON, which the JSON path needs', { cause })
  }
  const found = findInJson(value, path)
  if (found.length === 0) throw new BenchError('watch.failed', `nothing in the answer is at ${path}`)
  return found.map((part) => (typeof part === 'string' ? part : JSON.stringify(part, null, 1))).join('\n')
}

function htmlText(html: string, css: string | undefined): string {
  const page = load(html)
  page('script, style, noscript, template, head > :not(title)').remove()
  page(BLOCKS).append('\n').before('\n')
  page('td, th').append('\t')
  let chosen
  try {
    chosen = css === undefined ? page('body') : page(css)
  } catch (cause) {
    throw new BenchError('input.invalid', `the CSS selector ${css ?? ''} cannot be read`, { cause })
  }
  if (chosen.length === 0) throw new BenchError('watch.failed', `nothing on the page fits ${css ?? 'body'}`)
  return chosen
    .map((_, element) => page(element).text())
    .get()
    .join('\n')
}

function filtered(text: string, { only, drop, sort }: TextFilters): string[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter(
      (line) =>
        line !== '' &&
        (only.length === 0 || only.some((word) => line.includes(word))) &&
        !drop.some((word) => line.includes(word)),
    )
  return sort ? lines.sort() : lines
}
