import type { WatchStatus } from '../../../shared/watches/watch-state.ts'
import { epochMsOf, monotonicMs } from '../../core/clock.ts'
import { withDeadline } from '../../core/deadline.ts'
import type { Logger } from '../../core/log.ts'
import { type CheckTools, look } from './checker.ts'
import { type Entry, groupOf, laneOf, toldNext } from './entry.ts'
import { Queue, type Waiting } from './queue.ts'
import { goesByClock, nextDue } from './schedule.ts'
import { type CheckContext, LostCheck, type Seen } from './seen.ts'
import type { Ran } from './verdict.ts'

/** How long the loop looks at readings before it lets others have their turn. */
const TURN_MS = 3
const LEAST_WAIT_MS = 10
/** So often it is seen whether the clock was set, by which crons and quiet hours go. */
const MOST_WAIT_MS = 30_000
/** A clock that is set by less than this is being corrected, and changes no plan. */
const SET_MS = 1000
const SPREAD_MS = 1000

interface Options {
  tools: CheckTools
  pagesAtOnce: number
  most: number
  pictureFile: (id: string, seq: number) => string
  /** A watch's state has changed from what it was before. */
  show: (entry: Entry, before: WatchStatus) => void
  /** Answers whether it is to be tried again soon. */
  over: (entry: Entry, ran: Ran) => boolean
  queued: (waiting: Waiting) => void
  dequeued: (id: string) => void
  log: Logger
}

/** Has every watch checked when it is due or asked for: so many at once, each with a deadline. */
export class Rounds implements AsyncDisposable {
  readonly #options: Options
  readonly #entries = new Map<string, Entry>()
  readonly #queue: Queue
  readonly #running = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #wakesAt = Infinity
  /** By how much the time of day was ahead of the monotonic clock when the plan was made, ms. */
  #ahead = epochMsOf(0)
  #pumping: NodeJS.Immediate | undefined
  #refused = 0
  #closed = false

  constructor(options: Options) {
    this.#options = options
    const { pagesAtOnce, most } = options
    this.#queue = new Queue({
      atOnce: { reading: 64, trace: 2, picture: 2, page: 4, browser: pagesAtOnce },
      perGroup: { reading: 64, trace: 1, picture: 1, page: 2, browser: 2 },
      most,
    })
  }

  get load(): { queued: number; checking: number; refused: number } {
    return { queued: this.#queue.waiting, checking: this.#queue.running, refused: this.#refused }
  }

  /** Takes a watch in, and has it checked from now on. */
  add(entry: Entry): void {
    this.#entries.set(entry.watch.id, entry)
    const { everyS = 0 } = entry.watch.schedule
    // Many that are due together, after an import or a restart, go on in step: they would always be due together.
    const spread = Math.random() * Math.min(everyS * 1000, SPREAD_MS)
    this.#due(entry, Math.max(checkedAt(entry), Date.now() + spread - everyS * 1000))
  }

  /** Lets go of a watch; a check that runs is ended, and nothing comes of it. */
  remove(id: string): void {
    const entry = this.#entries.get(id)
    this.#entries.delete(id)
    entry?.stop?.abort()
    this.#leave(id)
  }

  /** After a pause, or the end of one. */
  reschedule(entry: Entry): void {
    if (entry.watch.paused) {
      entry.dueAt = undefined
      this.#leave(entry.watch.id)
      this.#change(entry, { activity: entry.stop ? entry.status.activity : undefined, nextAt: undefined })
    } else if (!entry.stop && !this.#queue.isWaiting(entry.watch.id)) this.#due(entry, checkedAt(entry))
  }

  /** Has a watch checked ahead of those that are due. Answers false when the queue is full. */
  ask(entry: Entry, by: string): boolean {
    const { id } = entry.watch
    if (this.#queue.isRunning(id)) return true
    const answer = this.#queue.add(this.#waitingOf(entry, by))
    if (answer === 'full') {
      this.#refused += 1
      return false
    }
    entry.dueAt = undefined
    this.#options.queued(this.#waitingOf(entry, by))
    this.#change(entry, { activity: 'queued', nextAt: undefined })
    this.#pumpSoon()
    return true
  }

  /** Puts back what waited when the bridge went down. */
  restore(entry: Entry, by: string | undefined): void {
    if (this.#queue.add(this.#waitingOf(entry, by)) !== 'added') return
    entry.dueAt = undefined
    this.#change(entry, { activity: 'queued', nextAt: undefined })
    this.#pumpSoon()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    clearImmediate(this.#pumping)
    for (const entry of this.#entries.values()) entry.stop?.abort()
    await Promise.allSettled(this.#running)
  }

  #waitingOf({ watch }: Entry, by: string | undefined): Waiting {
    return { id: watch.id, lane: laneOf(watch.what), group: groupOf(watch.what), by }
  }

  #leave(id: string): void {
    if (!this.#queue.isWaiting(id)) return
    this.#queue.remove(id)
    this.#options.dequeued(id)
  }

  /** `from` is when its last check began, ms since the epoch. */
  #due(entry: Entry, from: number): void {
    entry.dueAt = dueAfter(entry, from)
    this.#change(entry, { nextAt: toldNext(entry) })
    this.#wake(entry.dueAt)
  }

  #wake(at: number | undefined): void {
    if (at === undefined || at >= this.#wakesAt || this.#closed) return
    clearTimeout(this.#timer)
    this.#wakesAt = at
    const wait = Math.min(Math.max(at - monotonicMs(), LEAST_WAIT_MS), MOST_WAIT_MS)
    this.#timer = setTimeout(() => this.#tick(), wait)
  }

  /** What is due every so often goes on as it was; what goes by the clock is planned anew. */
  followClock(): void {
    const ahead = epochMsOf(0)
    if (Math.abs(ahead - this.#ahead) < SET_MS) return
    this.#ahead = ahead
    for (const entry of this.#entries.values()) {
      if (entry.dueAt === undefined) continue
      if (goesByClock(entry.watch.schedule)) entry.dueAt = dueAfter(entry, checkedAt(entry))
      this.#change(entry, { nextAt: toldNext(entry) })
    }
  }

  #tick(): void {
    this.followClock()
    const now = monotonicMs()
    this.#wakesAt = Infinity
    let next = now + MOST_WAIT_MS
    const due: Entry[] = []
    for (const entry of this.#entries.values()) {
      const { dueAt } = entry
      if (dueAt === undefined) continue
      if (dueAt > now) next = Math.min(next, dueAt)
      else if (this.#enqueue(entry)) due.push(entry)
      else next = Math.min(next, (entry.dueAt = now + 1000))
    }
    this.#wake(next)
    this.#pump()
    for (const entry of due) {
      if (this.#queue.isWaiting(entry.watch.id))
        this.#change(entry, { activity: 'queued', nextAt: undefined })
    }
  }

  #enqueue(entry: Entry): boolean {
    const waiting = this.#waitingOf(entry, undefined)
    if (this.#queue.add(waiting) === 'full') {
      this.#refused += 1
      return false
    }
    entry.dueAt = undefined
    // A reading is due again at once after a restart.
    if (waiting.lane !== 'reading') this.#options.queued(waiting)
    return true
  }

  #pumpSoon(): void {
    this.#pumping ??= setImmediate(() => this.#pump())
  }

  #pump(): void {
    clearImmediate(this.#pumping)
    this.#pumping = undefined
    const until = performance.now() + TURN_MS
    while (!this.#closed) {
      if (performance.now() > until) {
        this.#pumpSoon()
        return
      }
      const waiting = this.#queue.next()
      if (!waiting) return
      this.#begin(waiting)
    }
  }

  #begin(waiting: Waiting): void {
    const entry = this.#entries.get(waiting.id)
    if (!entry) {
      this.#queue.done(waiting.id)
      return
    }
    const begun = performance.now()
    entry.stop = new AbortController()
    const end = (seen: Seen | undefined, error: unknown): void => {
      entry.stop?.abort()
      entry.stop = undefined
      this.#queue.done(waiting.id)
      if (this.#again(entry, waiting, error)) return
      this.#ended(entry, waiting, { seen, error, tookMs: performance.now() - begun })
    }
    if (entry.watch.what.kind === 'reading') {
      try {
        end(look(entry.watch.what, this.#options.tools, this.#context(entry)) as Seen, undefined)
      } catch (error) {
        end(undefined, error)
      }
      return
    }
    this.#change(entry, { activity: 'checking', comment: undefined, nextAt: undefined })
    const { deadlineS, what } = entry.watch
    const work = Promise.resolve().then(() => look(what, this.#options.tools, this.#context(entry)))
    const limit = withDeadline(work, deadlineS * 1000, 'the check', { signal: entry.stop.signal })
    const run = limit.then(
      (seen) => end(seen, undefined),
      (error: unknown) => end(undefined, error),
    )
    this.#running.add(run)
    void run.finally(() => {
      this.#running.delete(run)
      this.#pumpSoon()
    })
  }

  /** Puts back a check that was lost through another's fault, maybe: whether it was its own will show when it is alone. */
  #again(entry: Entry, waiting: Waiting, error: unknown): boolean {
    if (!(error instanceof LostCheck) || waiting.alone) return false
    if (this.#closed || this.#entries.get(waiting.id) !== entry) return false
    if (this.#queue.add({ ...waiting, alone: true }) !== 'added') return false
    this.#options.log.info({ watch: waiting.id }, `it is checked again: ${error.message}`)
    this.#change(entry, { activity: 'queued', comment: undefined })
    return true
  }

  #context(entry: Entry): CheckContext {
    const { watch, memory, seq, status, stop } = entry
    return {
      signal: stop?.signal ?? AbortSignal.abort(),
      deadlineS: watch.deadlineS,
      failing: status.outcome === 'failing',
      memory,
      seq: seq + 1,
      pictureFile: (earlier) => this.#options.pictureFile(watch.id, earlier),
      comment: (comment) => {
        if (entry.stop === stop && entry.status.activity === 'checking') this.#change(entry, { comment })
      },
    }
  }

  #ended(entry: Entry, waiting: Waiting, ran: Pick<Ran, 'seen' | 'tookMs'> & { error: unknown }): void {
    // It has been removed, or is another now.
    if (this.#closed || this.#entries.get(waiting.id) !== entry) return
    const before = entry.status
    const { error } = ran
    const words = error === undefined ? undefined : reasonOf(error, waiting)
    const now = Date.now()
    const again = this.#options.over(entry, { ...ran, error: words, at: now, by: waiting.by })
    const { retries, paused } = entry.watch
    entry.dueAt = again && !paused ? monotonicMs() + retries.afterS * 1000 : dueAfter(entry, now - ran.tookMs)
    entry.status = { ...entry.status, nextAt: toldNext(entry) }
    this.#options.show(entry, before)
    this.#wake(entry.dueAt)
  }

  #change(entry: Entry, change: Partial<WatchStatus>): void {
    const before = entry.status
    entry.status = { ...before, ...change }
    this.#options.show(entry, before)
  }
}

/** When its last check was, ms since the epoch: not in the future, where the clock was set back since. */
function checkedAt({ status }: Entry): number {
  return Math.min(status.checkedAt ?? 0, Date.now())
}

/** When it is due after a check that began at `from` (ms since the epoch), by the monotonic clock. */
function dueAfter({ watch: { schedule, paused } }: Entry, from: number): number | undefined {
  const now = Date.now()
  const at = paused ? undefined : nextDue(schedule, from, now)
  return at === undefined ? undefined : monotonicMs() + at - now
}

function reasonOf(error: unknown, { alone }: Waiting): string {
  if (error instanceof LostCheck && alone) return `${error.message}, twice`
  return error instanceof Error ? error.message : JSON.stringify(error)
}
