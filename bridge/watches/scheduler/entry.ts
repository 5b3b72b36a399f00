import type { Watch } from '../../../shared/watches/watch.ts'
import type { WatchStatus } from '../../../shared/watches/watch-state.ts'
import type { WatchWhat } from '../../../shared/watches/watch-what.ts'
import { addressShown } from '../../../shared/watches/web-address.ts'
import { epochMsOf } from '../../core/clock.ts'
import type { Lane } from './queue.ts'
import type { Kept } from '../store/watch-storage.ts'

/** How long what was removed can be brought back. */
export const UNDO_MS = 600_000
/** Of a watch that is checked more often, when it is due next is not worth telling. */
const TELL_NEXT_S = 5

/** A watch as the bridge holds it while it runs. */
export interface Entry {
  watch: Watch
  status: WatchStatus
  /** Of its last check. */
  seq: number
  memory: unknown
  /** When it is due, by the monotonic clock; undefined while it waits, is checked, or is not due by itself. */
  dueAt: number | undefined
  /** Checks in a row that failed and are to be made good by another. */
  tries: number
  /** Ends the check that runs. */
  stop: AbortController | undefined
}

/** Beside what others it is checked. */
export function laneOf(what: WatchWhat): Lane {
  return what.kind === 'page' && what.with === 'browser' ? 'browser' : what.kind
}

/** What uses the same device or host waits for each other. */
export function groupOf(what: WatchWhat): string {
  return what.kind === 'page' ? new URL(what.url).host : what.device
}

export function targetOf(what: WatchWhat): string {
  switch (what.kind) {
    case 'reading': {
      const { source } = what
      if (source.from === 'topic') return `${what.device} ${source.path}`
      return source.from === 'power'
        ? `${what.device} power ${source.channel}`
        : `${what.device} ${source.name}`
    }
    case 'trace': {
      const { source } = what
      if (source.from === 'newest') return `${what.device} newest trace`
      return source.from === 'ctp10'
        ? `${what.device} trace ${source.channel}/${source.type}`
        : `${what.device} ${source.name}`
    }
    case 'picture': {
      const { region } = what
      return region ? `${what.device} ${region.x},${region.y} ${region.width}×${region.height}` : what.device
    }
    case 'page':
      return addressShown(what.url).slice(0, 120)
  }
}

/** A watch as it was left. */
export function entryOf(watch: Watch, kept: Kept | undefined): Entry {
  const {
    seq = 0,
    memory,
    ...state
  } = kept ?? { seq: 0, outcome: 'new' as const, checks: 0, failures: 0, changes: 0 }
  return {
    watch,
    status: { ...state, ...shownOf(watch) },
    seq,
    memory,
    dueAt: undefined,
    tries: 0,
    stop: undefined,
  }
}

/** What its status takes from the watch itself. */
export function shownOf(
  watch: Watch,
): Pick<WatchStatus, 'name' | 'kind' | 'tags' | 'target' | 'revision' | 'paused' | 'muted'> {
  const { name, tags, what, revision, paused, muted } = watch
  return {
    name,
    tags,
    kind: what.kind,
    target: targetOf(what),
    revision,
    paused: paused || undefined,
    muted: muted || undefined,
  }
}

/** What of it outlives the bridge. */
export function keptOf({ status, seq, memory }: Entry): Kept {
  const {
    outcome,
    reason,
    unseen,
    value,
    unit,
    checkedAt,
    changedAt,
    failingSince,
    tookMs,
    checks,
    failures,
    changes,
  } = status
  return {
    seq,
    memory,
    outcome,
    reason,
    unseen,
    value,
    unit,
    checkedAt,
    changedAt,
    failingSince,
    tookMs,
    checks,
    failures,
    changes,
  }
}

/** When it is due, ms since the epoch, as far as that is told. */
export function toldNext({ watch: { schedule }, dueAt }: Entry): number | undefined {
  if (dueAt === undefined || (schedule.everyS !== undefined && schedule.everyS < TELL_NEXT_S))
    return undefined
  return Math.round(epochMsOf(dueAt))
}
