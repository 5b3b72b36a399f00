import { BenchError } from '../../../shared/wire/errors.ts'
import { passingPicturePath, type WatchSnapshot } from '../../../shared/watches/watch-history.ts'
import type { WatchBody } from '../../../shared/watches/watch.ts'
import type { WatchTrial } from '../../../shared/watches/watch-commands.ts'
import { withDeadline } from '../../core/deadline.ts'
import type { Caller } from '../../device/device.ts'
import { look } from '../scheduler/checker.ts'
import type { PassingPictures } from './passing.ts'
import { nextDue } from '../scheduler/schedule.ts'
import type { Seen, Snapshot } from '../scheduler/seen.ts'
import type { Watches } from '../watches.ts'

const MOST_AT_ONCE = 3

/** Drafts that are tried: checked once, and nothing of it kept. */
export class Trials {
  readonly #watches: Watches
  readonly #passing: PassingPictures
  #running = 0

  constructor(watches: Watches, passing: PassingPictures) {
    this.#watches = watches
    this.#passing = passing
  }

  /** Throws `device.busy` when too many are tried at once; what goes wrong with the check is in the answer. */
  async run({ what, deadlineS, schedule }: WatchBody, caller: Caller): Promise<WatchTrial> {
    const { signal: gone } = caller
    if (this.#running >= MOST_AT_ONCE) {
      throw new BenchError(
        'device.busy',
        `${MOST_AT_ONCE} drafts are being tried already: wait for one of them`,
      )
    }
    this.#running += 1
    const begun = performance.now()
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, gone])
    const nextAt = nextDue(schedule, 0, Date.now())
    try {
      const context = {
        signal,
        deadlineS,
        failing: false,
        memory: undefined,
        seq: 0,
        pictureFile: () => '',
        comment: () => {},
      }
      const work = Promise.resolve().then(() => look(what, this.#watches.tools, context))
      const seen = await withDeadline(work, deadlineS * 1000, 'the check', { signal: gone })
      return { ...this.#answer(seen, caller), tookMs: performance.now() - begun, nextAt }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { outcome: 'failed', message, tookMs: performance.now() - begun, nextAt }
    } finally {
      stop.abort()
      this.#running -= 1
    }
  }

  #answer({ value, unit, alarm, snapshot }: Seen, caller: Caller): Omit<WatchTrial, 'tookMs'> {
    return {
      outcome: alarm === undefined ? 'ok' : 'failed',
      message: alarm,
      value,
      unit,
      snapshot: snapshot && this.#shown(snapshot, caller),
    }
  }

  #shown(snapshot: Snapshot, caller: Caller): WatchSnapshot {
    const side = { seq: 0, at: Date.now() }
    const path = (png: Uint8Array): string => passingPicturePath(this.#passing.add(png, caller))
    if (snapshot.kind === 'text') {
      const { text, cut, picture } = snapshot
      return { kind: 'text', ...side, text, cut, picture: picture && path(picture) }
    }
    if (snapshot.kind === 'trace') return { kind: 'trace', ...side, ...snapshot.trace }
    const { picture, width, height } = snapshot
    return { kind: 'image', ...side, path: path(picture), width, height }
  }
}
