import type { WatchEventKind } from '../../shared/watches/watch.ts'
import type { WatchCheck } from '../../shared/watches/watch-history.ts'
import { type WatchPhase, type WatchStatus, watchPhase } from '../../shared/watches/watch-state.ts'
import type { WatchKind } from '../../shared/watches/watch-what.ts'
import { age } from '../ui/format.ts'
import { exponentOf, shown } from '../ui/si.ts'

export const PHASE_WORDS: Record<WatchPhase, string> = {
  checking: 'checking',
  queued: 'queued',
  paused: 'paused',
  failing: 'failing',
  changed: 'changed',
  ok: 'ok',
  new: 'new',
}

export const KIND_WORDS: Record<WatchKind, string> = {
  reading: 'Reading',
  trace: 'Trace',
  picture: 'Picture',
  page: 'Page',
}

export const EVENT_WORDS: Record<WatchEventKind, string> = {
  failed: 'has failed',
  recovered: 'has recovered',
  changed: 'has changed',
}

/** What colour a watch's state has. */
export type Standing = 'good' | 'bad' | 'news' | 'none'

/** How a watch stands, whatever it does just now: what is wrong comes before what is new. */
export function standingOf({ outcome, unseen, paused }: WatchStatus): Standing {
  if (outcome === 'failing') return 'bad'
  if (unseen) return 'news'
  return outcome === 'ok' && !paused ? 'good' : 'none'
}

/** How one check came out, as a colour. */
export function standingOfCheck(outcome: WatchCheck['outcome']): Standing {
  return ({ ok: 'good', changed: 'news', failed: 'bad' } as const)[outcome]
}

/** The word in a row's first column. */
export function phaseWord(status: WatchStatus): string {
  return PHASE_WORDS[watchPhase(status)]
}

/** What there is to say about a watch: what it does, else why it fails, else how many changes nobody has seen. */
export function remarkOf({ comment, reason, unseen }: WatchStatus): string {
  if (comment) return comment
  if (reason) return reason
  if (!unseen) return ''
  return unseen === 1 ? '1 change not seen yet' : `${unseen} changes not seen yet`
}

/** What was seen, with its unit: `23.4 °C`, `1.5 mW`, or a text as it is. */
export function valueText(value: number | string | undefined, unit = ''): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  const readable = exponentOf(unit, Math.abs(value)) !== 0 || unit.startsWith('dB')
  const { text, unit: scaled } = readable
    ? shown(value, unit, unit.startsWith('dB') ? 4 : 5)
    : { text: String(Number(value.toPrecision(5))).replace('-', '\u2212'), unit }
  return scaled === '' ? text : `${text} ${scaled}`
}

/** How long ago or ahead, without tenths: they would only flicker. */
export function ago(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000)
  if (seconds < 1) return 'now'
  return seconds < 10 ? `${seconds} s` : age(seconds * 1000)
}

/** How long something took: `85 ms`, `1.3 s`. */
export function took(ms: number | undefined): string {
  if (ms === undefined) return ''
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** So many watches, in words. */
export function watchesText(count: number): string {
  return count === 1 ? '1 watch' : `${count.toLocaleString('en-US')} watches`
}
