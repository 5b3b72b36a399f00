import type { WatchCheck } from '../../../shared/watches/watch-history.ts'
import type { WatchEventKind, Watch } from '../../../shared/watches/watch.ts'
import type { WatchStatus } from '../../../shared/watches/watch-state.ts'
import type { Finished } from '../store/watch-storage.ts'
import { type Entry, keptOf } from './entry.ts'
import type { Seen, Snapshot } from './seen.ts'
import { keptText } from '../api/snapshots.ts'

/** How a check went: what it saw, or why it saw nothing. */
export interface Ran {
  seen: Seen | undefined
  error: string | undefined
  tookMs: number
  at: number
  by: string | undefined
}

/** What comes of a check. */
export interface Verdict {
  finished: Finished
  events: { kind: WatchEventKind; message: string }[]
  /** It failed, and is to be tried again before that counts. */
  again: boolean
}

/** Judges a check that is over: changes the entry, and answers what is to be kept and told. */
export function judge(entry: Entry, { seen, error, tookMs, at, by }: Ran): Verdict {
  const { watch, status } = entry
  const wasFailing = status.outcome === 'failing'
  const why = error ?? seen?.alarm
  const again = why !== undefined && !wasFailing && entry.tries < watch.retries.times
  entry.tries = again ? entry.tries + 1 : 0
  const outcome = again ? status.outcome : why === undefined ? 'ok' : 'failing'
  const rises = outcome === 'failing' && !wasFailing
  const recovers = wasFailing && outcome === 'ok'
  const first = entry.memory === undefined && status.checkedAt === undefined
  entry.seq += 1
  if (seen && seen.memory !== undefined) entry.memory = seen.memory
  const took = Math.round(tookMs * 10) / 10
  const change = seen?.change
  entry.status = {
    ...status,
    ...(seen && { value: seen.value, unit: seen.unit }),
    activity: undefined,
    comment: undefined,
    outcome,
    reason: why,
    checkedAt: at,
    tookMs: took,
    checks: status.checks + 1,
    failures: status.failures + (why === undefined ? 0 : 1),
    changes: status.changes + (change === undefined ? 0 : 1),
    unseen: change === undefined ? status.unseen : (status.unseen ?? 0) + 1,
    changedAt: change === undefined ? status.changedAt : at,
    failingSince: outcome === 'failing' ? (status.failingSince ?? at) : undefined,
  } satisfies WatchStatus
  const looksForChange = watch.what.condition.is === 'changed'
  const news = change !== undefined || rises || recovers
  // What a change is told from is the newest picture: of such a watch nothing else is kept.
  const keep = first || seen?.keep || change !== undefined || (!looksForChange && (rises || recovers))
  const check: WatchCheck = {
    seq: entry.seq,
    at,
    tookMs: took,
    outcome: why !== undefined ? 'failed' : change !== undefined ? 'changed' : 'ok',
    value: seen?.value,
    unit: seen?.unit,
    message: why ?? change,
    by,
  }
  const events: Verdict['events'] = []
  if (rises) events.push({ kind: 'failed', message: why ?? '' })
  if (recovers) events.push({ kind: 'recovered', message: valueWords(seen) })
  if (change !== undefined) events.push({ kind: 'changed', message: change })
  return { finished: finishedOf(entry, check, news, keep ? seen : undefined, watch.keep), events, again }
}

function finishedOf(
  entry: Entry,
  check: WatchCheck,
  news: boolean,
  seen: Seen | undefined,
  keep: Watch['keep'],
): Finished {
  const snapshot = seen?.snapshot
  if (snapshot) check.snapshot = snapshot.kind
  if (snapshot?.kind === 'text' && snapshot.picture) check.picture = true
  return {
    watch: entry.watch.id,
    seq: check.seq,
    check: JSON.stringify(check),
    state: JSON.stringify(keptOf(entry)),
    number: typeof check.value === 'number' ? check.value : null,
    news,
    keepChecks: keep.checks,
    keepSnapshots: keep.snapshots,
    ...filesOf(snapshot),
  }
}

function filesOf(snapshot: Snapshot | undefined): Pick<Finished, 'text' | 'picture'> {
  if (!snapshot) return {}
  if (snapshot.kind === 'image') return { picture: snapshot.picture }
  if (snapshot.kind === 'trace') return { text: JSON.stringify(snapshot.trace) }
  return { text: keptText(snapshot), picture: snapshot.picture }
}

function valueWords(seen: Seen | undefined): string {
  if (seen?.value === undefined) return 'it is well again'
  const unit = seen.unit === undefined ? '' : ` ${seen.unit}`
  return `it is ${String(seen.value)}${unit}`
}
