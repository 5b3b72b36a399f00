import { BenchError } from '../../../../../shared/wire/errors.ts'
import type { PageStep } from '../../../../../shared/watches/watch-what.ts'
import type { Secrets } from '../../../../core/filled.ts'
import { type Owner, owns } from '../../../../core/owner.ts'
import type { PageBrowser, Visit } from './browser.ts'
import type { RunOptions } from './child.ts'
import type { Element, PickerLook } from './protocol.ts'

const MOST_OPEN = 2
const IDLE_MS = 120_000
const CLOSE_S = 10

/** Pages that people choose an element from: each stays open between their questions, and closes when they stay away. */
export class Pickers implements Disposable {
  readonly #browser: PageBrowser
  readonly #all = new Map<string, { visit: Visit; owner: Owner; touched: NodeJS.Timeout }>()
  #opening = 0

  constructor(browser: PageBrowser) {
    this.#browser = browser
  }

  /** Throws `device.busy` when too many are open, `watch.failed` when the page cannot be opened. */
  async open(
    id: string,
    { owner, ...page }: { url: string; steps: PageStep[]; secrets: Secrets; owner: Owner },
    options: RunOptions,
  ): Promise<PickerLook> {
    if (this.#all.size + this.#opening >= MOST_OPEN) {
      throw new BenchError('device.busy', `${MOST_OPEN} pages are open for picking already: close one`)
    }
    this.#opening += 1
    try {
      const visit = await this.#browser.visit(options.signal)
      try {
        const look = await visit.run('open', page, options)
        this.#all.set(id, { visit, owner, touched: this.#timer(id) })
        return look
      } catch (error) {
        await visit.leave(true)
        throw error
      }
    } finally {
      this.#opening -= 1
    }
  }

  /** Throws `watch.failed` for a page that is not open, and for one that is open for somebody else. */
  require(id: string, caller: Owner): void {
    const picker = this.#all.get(id)
    if (!picker || !owns(picker.owner, caller)) throw closed()
  }

  async step(
    id: string,
    input: { step: PageStep; secrets: Secrets },
    options: RunOptions,
  ): Promise<PickerLook> {
    return this.#touch(id).run('step', input, options)
  }

  async at(id: string, place: { x: number; y: number; up: number }, options: RunOptions): Promise<Element> {
    return this.#touch(id).run('at', place, options)
  }

  async close(id: string): Promise<void> {
    const picker = this.#all.get(id)
    if (!picker) return
    this.#all.delete(id)
    clearTimeout(picker.touched)
    await picker.visit.run('close', {}, { deadlineS: CLOSE_S }).catch(() => {})
    await picker.visit.leave(false)
  }

  [Symbol.dispose](): void {
    for (const { touched } of this.#all.values()) clearTimeout(touched)
  }

  #touch(id: string): Visit {
    const picker = this.#all.get(id)
    if (!picker) throw closed()
    clearTimeout(picker.touched)
    picker.touched = this.#timer(id)
    return picker.visit
  }

  #timer(id: string): NodeJS.Timeout {
    return setTimeout(() => void this.close(id), IDLE_MS).unref()
  }
}

function closed(): BenchError {
  return new BenchError('watch.failed', 'this page has been closed: open it again')
}
