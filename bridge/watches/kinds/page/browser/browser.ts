import { BenchError } from '../../../../../shared/wire/errors.ts'
import type { Logger } from '../../../../core/log.ts'
import type { PagesConfig } from '../../../config.ts'
import { LostCheck } from '../../../scheduler/seen.ts'
import { Child, type RunOptions } from './child.ts'
import { findChromium } from './find.ts'
import type { HostStart, HostWork, Input, Output, VisitStart, VisitWork } from './protocol.ts'

const LEND_S = 40
const HOST_DIED = 'the process of the browser died'
/** Processes that nobody has asked anything of for so long are not needed. */
const IDLE_MS = 180_000

interface Options {
  pages: PagesConfig
  folder: string
  log: Logger
  /** A process has died that should not have. */
  died: () => void
  /** This machine can have no browser, and why; undefined once it can. */
  unavailable: (why: string | undefined) => void
}

/** The browser, lent, and a process that uses it for one check: when that process dies, this check has failed and no other. */
export interface Visit {
  run<K extends keyof VisitWork>(
    name: K,
    input: Omit<Input<VisitWork, K>, 'endpoint'>,
    options: RunOptions,
  ): Promise<Output<VisitWork, K>>
  /** Gives it back. Answers why the browser had ended, if it had and the visit has failed. */
  leave(failed: boolean): Promise<string | undefined>
}

/**
 * The real browser for pages. One process has the one Chromium; every check has another to itself that drives a context
 * of it. They start when they are needed, and are used again.
 */
export class PageBrowser implements AsyncDisposable {
  readonly #options: Options
  #host: Child<HostWork> | undefined
  readonly #visitors = new Map<Child<VisitWork>, { visits: number; busy: boolean }>()
  #idle: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: Options) {
    this.#options = options
  }

  /** Why there is no browser, and what to do; undefined when there is one. */
  whyNot(): string | undefined {
    return findChromium(this.#options.pages.chromium).why
  }

  /**
   * Checks a page. Throws `watch.browser` when there is no browser, `watch.failed` when the page could not be had, and
   * `LostCheck` when the browser ended meanwhile, for which another page may be the reason.
   */
  async check(
    input: Omit<Input<VisitWork, 'check'>, 'endpoint'>,
    options: RunOptions,
  ): Promise<Output<VisitWork, 'check'>> {
    const visit = await this.visit(options.signal)
    try {
      const seen = await visit.run('check', input, options)
      await visit.leave(false)
      return seen
    } catch (error) {
      const ended = await visit.leave(true)
      if (ended === undefined || options.signal?.aborted) throw error
      throw new LostCheck(ended, { cause: error })
    }
  }

  /** Borrows the browser. Throws `watch.browser` when there is none, `watch.failed` when it does not start. */
  async visit(signal?: AbortSignal): Promise<Visit> {
    if (this.#closed) throw new BenchError('aborted', 'the bridge is closing')
    clearTimeout(this.#idle)
    const host = (this.#host ??= this.#startHost())
    const visitor = this.#visitor()
    let endpoint: string
    let loan: number
    try {
      const lent = await host.run('lend', {}, { deadlineS: LEND_S, signal })
      this.#options.unavailable('whyNot' in lent ? lent.whyNot : undefined)
      if ('whyNot' in lent) throw new BenchError('watch.browser', lent.whyNot)
      ;({ endpoint, loan } = lent)
    } catch (error) {
      this.#rest(visitor)
      throw host.dead ? new LostCheck(HOST_DIED, { cause: error }) : error
    }
    return {
      run: (name, input, options) =>
        visitor.run(name, { ...input, endpoint } as Input<VisitWork, typeof name>, options),
      leave: async (failed) => {
        this.#rest(visitor)
        const back = host.run('takeBack', { loan, failed }, { deadlineS: LEND_S })
        return back.then(
          ({ ended }) => ended,
          () => (host.dead ? HOST_DIED : undefined),
        )
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#endAll()
  }

  #startHost(): Child<HostWork> {
    const { pages, folder, log } = this.#options
    const { executable, why } = findChromium(pages.chromium)
    if (executable === undefined) throw new BenchError('watch.browser', why ?? 'there is no browser')
    const start: HostStart = { pages, folder, executable }
    const host = new Child<HostWork>('the process of the browser', 'browser-host.ts', start, log)
    void host.died.then(() => {
      if (this.#host === host) this.#host = undefined
      this.#options.died()
    })
    return host
  }

  /** One that has nothing to do, or else another. */
  #visitor(): Child<VisitWork> {
    for (const [visitor, use] of this.#visitors) {
      if (use.busy) continue
      use.busy = true
      use.visits += 1
      return visitor
    }
    const start: VisitStart = { allow: this.#options.pages.allow }
    const visitor = new Child<VisitWork>(
      'the process of this check',
      'browser-visit.ts',
      start,
      this.#options.log,
    )
    this.#visitors.set(visitor, { visits: 1, busy: true })
    void visitor.died.then(() => {
      this.#visitors.delete(visitor)
      this.#options.died()
    })
    return visitor
  }

  /** It is free for another check, unless there are enough of them, or it has done so many that it is replaced. */
  #rest(visitor: Child<VisitWork>): void {
    const use = this.#visitors.get(visitor)
    const { atOnce, checksPerBrowser } = this.#options.pages
    if (use) {
      use.busy = false
      const free = [...this.#visitors.values()].filter(({ busy }) => !busy).length
      if (free > atOnce || use.visits >= checksPerBrowser) {
        this.#visitors.delete(visitor)
        void visitor.end()
      }
    }
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.#endIdle(), IDLE_MS).unref()
  }

  async #endIdle(): Promise<void> {
    if ([...this.#visitors.values()].some(({ busy }) => busy)) return
    await this.#endAll()
  }

  async #endAll(): Promise<void> {
    clearTimeout(this.#idle)
    const all = [...this.#visitors.keys(), ...(this.#host ? [this.#host] : [])]
    this.#host = undefined
    this.#visitors.clear()
    await Promise.all(all.map((child) => child.end()))
  }
}
