import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Role } from '../../shared/access/access.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { MOST_WATCHES, type Watch, type WatchBody } from '../../shared/watches/watch.ts'
import type { WatchEvent, WatchStatus } from '../../shared/watches/watch-state.ts'
import { retentionMs } from '../core/clock.ts'
import type { Caller, Device, Handlers } from '../device/device.ts'
import type { Logger } from '../core/log.ts'
import type { NamedSecrets } from '../core/named-secrets.ts'
import { scrubber } from '../core/scrub.ts'
import type { Route } from '../server/route.ts'
import type { Kept } from './store/watch-storage.ts'
import { WatchStore } from './store/watch-store.ts'
import { Actions, type Saver, savingOf, type WatchDeed } from './actions.ts'
import { Addresses } from './kinds/page/addresses.ts'
import { PageBrowser } from './kinds/page/browser/browser.ts'
import { Pickers } from './kinds/page/browser/pickers.ts'
import { callerOf } from './caller.ts'
import type { CheckTools } from './scheduler/checker.ts'
import type { WatchesConfig } from './config.ts'
import { type Entry, entryOf, keptOf, shownOf, UNDO_MS } from './scheduler/entry.ts'
import { PageFetcher } from './kinds/page/fetch-page.ts'
import { watchHandlers } from './api/handlers.ts'
import { keptIn } from './kept-secrets.ts'
import { Lab } from './worker/lab.ts'
import { Notifier } from './notify/notifier.ts'
import { PassingPictures } from './api/passing.ts'
import { pickerHandlers } from './kinds/page/picker.ts'
import { watchRoutes } from './api/routes.ts'
import { Rounds } from './scheduler/rounds.ts'
import { Tally } from './api/tally.ts'
import { judge, type Ran } from './scheduler/verdict.ts'
import { Watchlist } from './api/watchlist.ts'

const PURGE_EVERY_MS = 60_000

export interface WatchesOptions {
  config: WatchesConfig
  /** The bench's title, for messages. */
  bench: string
  dataDir: string
  /** What watches and messages may refer to. */
  secrets: NamedSecrets
  device: (id: string) => Device
  hasDevice: (id: string) => boolean
  readings: CheckTools['readings']
  traces: CheckTools['traces']
  size: CheckTools['size']
  /** What somebody may do now who saved a watch; undefined for one who is not let in any more. */
  roleOf: (saved: Pick<Watch, 'savedBy' | 'savedWith' | 'savedAt'>) => Role | undefined
  /** Hears of what a watch did by itself, for the audit. */
  did: (deed: WatchDeed) => void
  /** Is told why a watch is about to end a device's emission. */
  ending: (why: string, device: string) => void
  log: Logger
}

/** The watches of a bench: kept, checked by themselves, shown to every page, and told of. */
export class Watches implements AsyncDisposable {
  readonly list = new Watchlist()
  readonly tally: Tally
  readonly handlers: Handlers
  readonly routes: Route[]
  readonly store: WatchStore
  readonly tools: CheckTools
  readonly options: WatchesOptions
  readonly entries = new Map<string, Entry>()
  readonly #rounds: Rounds
  readonly #stack: AsyncDisposableStack
  readonly #actions: Actions
  readonly #closing = new AbortController()
  #notifier: Notifier | undefined

  private constructor(options: WatchesOptions, stack: AsyncDisposableStack) {
    const { config, dataDir, log } = options
    this.options = options
    this.#stack = stack
    this.store = stack.use(new WatchStore(dataDir, log))
    const lab = stack.use(new Lab())
    const browser = stack.use(
      new PageBrowser({
        pages: config.pages,
        folder: join(dataDir, 'watches', 'browser'),
        log: log.child({ part: 'browser' }),
        died: () => this.tally.browserRestarted(),
        unavailable: (why) => this.tally.browserIs(why),
      }),
    )
    const fetcher = stack.use(new PageFetcher(new Addresses(config.pages.allow)))
    const { device, readings, traces, size, roleOf, did, ending, secrets } = options
    const caller = (signal: AbortSignal): Caller => callerOf('watch', signal)
    const stored = (): Promise<void> => this.store.flushed()
    this.tools = { lab, browser, fetcher, secrets, device, readings, traces, size, stored, caller }
    const whyNot = browser.whyNot()
    this.tally = stack.use(
      new Tally(
        { available: whyNot === undefined, reason: whyNot, sandbox: config.pages.sandbox, restarts: 0 },
        () => this.#rounds.load,
      ),
    )
    stack.use(this.list)
    this.#actions = new Actions({
      device,
      caller: callerOf,
      roleOf,
      did,
      ending,
      tell: (event) => this.tally.tell(event),
      log,
      signal: this.#closing.signal,
    })
    this.#rounds = stack.use(
      new Rounds({
        tools: this.tools,
        pagesAtOnce: config.pages.atOnce,
        most: MOST_WATCHES,
        pictureFile: (id, seq) => this.store.pictureFile(id, seq),
        show: (entry, before) => this.#show(entry, before),
        over: (entry, ran) => this.#over(entry, ran),
        queued: ({ id, by }) =>
          this.store.note(({ queue }) => queue.push({ watch: id, entered: { by, at: Date.now() } })),
        dequeued: (id) => this.store.note(({ queue }) => queue.push({ watch: id })),
        log,
      }),
    )
    const passing = new PassingPictures()
    this.handlers = {
      ...watchHandlers(this, passing),
      ...pickerHandlers(stack.use(new Pickers(browser)), {
        passing,
        secrets,
        known: (id) => this.known(id).watch.what,
      }),
    }
    this.routes = watchRoutes({ pictureFile: (id, seq) => this.store.pictureFile(id, seq), passing })
  }

  /** Takes up where the bridge left off: every watch with its state, and the queue as it was. Rejects when the database cannot be read. */
  static async open(options: WatchesOptions): Promise<Watches> {
    await using opening = new AsyncDisposableStack()
    const watches = new Watches(options, opening)
    const { log, config, bench } = options
    const loaded = await watches.store.ask('load')
    const { movedAside } = loaded
    if (movedAside !== undefined) {
      watches.tally.topic.put({ movedAside })
      const message = `the watches' database was damaged: it lies in ${movedAside}, and there are no watches until a backup is restored (lightbench restore) or they are made anew`
      log.error({ movedAside }, message)
      options.did({ who: 'bridge', via: 'watches', action: 'watches.movedAside', message })
    }
    for (const { id, why } of loaded.unreadable)
      log.error({ watch: id, why }, 'a kept watch cannot be read: it is left alone')
    watches.#notifier = new Notifier(
      {
        bench,
        channels: config.notify,
        secrets: options.secrets,
        post: (posted) => watches.store.note((batch) => batch.posted.push(posted)),
        delivered: (id) => watches.store.note((batch) => batch.delivered.push(id)),
        changed: (channel, state) => watches.tally.channel(channel, state),
        log,
        signal: watches.#closing.signal,
      },
      loaded.outbox,
    )
    for (const { watch, state } of loaded.watches) watches.admit(entryOf(watch, withoutKept(watch, state)))
    for (const { watch, by } of loaded.queue) {
      const entry = watches.entries.get(watch)
      if (entry) watches.#rounds.restore(entry, by)
      else watches.store.note(({ queue }) => queue.push({ watch }))
    }
    const purge = (): void =>
      void watches.store
        .ask('purge', retentionMs() - UNDO_MS)
        .catch((error: unknown) => log.error({ error }, 'old watches could not be deleted'))
    purge()
    const purging = setInterval(purge, PURGE_EVERY_MS)
    opening.defer(() => clearInterval(purging))
    opening.defer(() => watches.#closing.abort())
    // Nothing that disposes of `opening` from now on disposes of what was opened.
    const stack = opening.move()
    watches.#close = () => stack.disposeAsync()
    return watches
  }

  #close: () => Promise<void> = () => this.#stack.disposeAsync()

  /** The channels that there are. */
  get notifier(): Notifier {
    if (!this.#notifier) throw new Error('the watches are not open yet')
    return this.#notifier
  }

  /** Throws `watch.unknown`. */
  known(id: string): Entry {
    const entry = this.entries.get(id)
    if (entry) return entry
    throw new BenchError('watch.unknown', `there is no watch "${id}": somebody may have deleted it`)
  }

  /** A new watch of somebody's. Throws `input.invalid` when there are too many. */
  make(body: WatchBody, saver: Saver, paused: boolean, now = Date.now()): Entry {
    if (this.entries.size >= MOST_WATCHES) {
      throw new BenchError('input.invalid', `there are ${MOST_WATCHES} watches already: delete some first`)
    }
    const id = randomBytes(8).toString('hex')
    const watch: Watch = {
      ...body,
      id,
      revision: 1,
      createdAt: now,
      ...savingOf(saver, now),
      paused,
      muted: false,
    }
    return this.admit(this.keep(entryOf(watch, undefined)))
  }

  /** Takes a watch in: it is shown and checked from now on. */
  admit(entry: Entry): Entry {
    this.entries.set(entry.watch.id, entry)
    this.#show(entry, undefined)
    this.#rounds.add(entry)
    return entry
  }

  /** Puts another form of a watch in the place of one. What looks elsewhere begins anew. */
  replace(before: Entry, body: WatchBody, saver: Saver, now = Date.now()): Entry {
    const watch: Watch = {
      ...before.watch,
      ...body,
      revision: before.watch.revision + 1,
      ...savingOf(saver, now),
    }
    const { seq, checks, changes, failures, ...rest } = keptOf(before)
    const same = JSON.stringify(watch.what) === JSON.stringify(before.watch.what)
    const state = same
      ? keptOf(before)
      : { seq, checks, changes, failures, outcome: 'new' as const, unseen: rest.unseen }
    this.#rounds.remove(watch.id)
    const entry = entryOf(watch, state)
    this.entries.set(watch.id, entry)
    this.#show(entry, before.status)
    this.#rounds.add(this.keep(entry))
    return entry
  }

  /** Changes what is not what it looks at: its schedule goes on. */
  amend(entry: Entry, change: Partial<Pick<Watch, 'tags' | 'paused' | 'muted'>>): void {
    entry.watch = { ...entry.watch, ...change, revision: entry.watch.revision + 1 }
    this.set(entry, shownOf(entry.watch))
    if (change.paused !== undefined) this.#rounds.reschedule(entry)
  }

  /** Changes a watch's state, and keeps it. */
  set(entry: Entry, change: Partial<WatchStatus>): void {
    const before = entry.status
    entry.status = { ...before, ...change }
    this.#show(entry, before)
    this.keep(entry)
  }

  /** Takes a watch away; what is kept of it stays until it is purged. */
  drop(entry: Entry): void {
    this.#rounds.remove(entry.watch.id)
    this.entries.delete(entry.watch.id)
    this.list.set(entry.watch.id, undefined)
    this.tally.count(entry.status, undefined)
  }

  /** Has a watch checked now. Answers false when the queue is full. */
  ask(entry: Entry, by: string): boolean {
    return this.#rounds.ask(entry, by)
  }

  /** Writes a watch and its state, soon. */
  keep(entry: Entry): Entry {
    const { watch } = entry
    const state = keptOf(entry)
    this.store.note(({ saved }) => saved.push({ watch, state }))
    return entry
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  #show(entry: Entry, before: WatchStatus | undefined): void {
    this.list.set(entry.watch.id, entry.status)
    this.tally.count(before, entry.status)
  }

  #over(entry: Entry, ran: Ran): boolean {
    const { finished, events, again } = judge(entry, ran)
    const { watch } = entry
    this.store.note((batch) => {
      batch.finished.push(finished)
      if (watch.what.kind !== 'reading' || ran.by !== undefined) batch.queue.push({ watch: watch.id })
    })
    if (!watch.muted) {
      for (const event of events)
        this.#tell(watch, { ...event, at: ran.at, watch: watch.id, name: watch.name })
    }
    return again
  }

  #tell(watch: Watch, event: WatchEvent): void {
    this.tally.tell(event)
    for (const { on, to, actions } of watch.notify) {
      if (!on.includes(event.kind)) continue
      for (const channel of to) this.#notifier?.tell(channel, event)
      for (const action of actions) this.#actions.do(watch, event, action)
    }
  }
}

/** Versions before this one wrote down what a page answered with its whole address. */
function withoutKept({ what }: Watch, state: Kept | undefined): Kept | undefined {
  if (state?.reason === undefined) return state
  return { ...state, reason: scrubber(keptIn(what))(state.reason) }
}
