import type { BrowserContext } from 'playwright-core'
import type { PageStep } from '../../../shared/watch-what.ts'
import type { Chromium } from './chromium.ts'
import { elementAt } from './pick.ts'
import type { Element, PickerLook } from './protocol.ts'
import { openPage, type OpenPage, type VisitTools } from './visit.ts'

const MOST_OPEN = 2
const IDLE_MS = 120_000

interface Picker {
  open: OpenPage
  touched: NodeJS.Timeout
  /** Ends the visit. */
  leave: () => void
}

/** Pages that people choose an element from: each stays open between their questions, and closes when they stay away. */
export class Pickers {
  readonly #chromium: Chromium
  readonly #all = new Map<string, Picker>()

  constructor(chromium: Chromium) {
    this.#chromium = chromium
  }

  /** Throws when too many are open, or the page cannot be opened. */
  async open(id: string, url: string, steps: PageStep[], tools: VisitTools): Promise<PickerLook> {
    if (this.#all.size >= MOST_OPEN)
      throw new Error(`${MOST_OPEN} pages are open for picking already: close one`)
    return new Promise((resolve, reject) => {
      this.#chromium
        .visit((context) => this.#stay(context, id, url, steps, tools, resolve))
        .catch(reject)
        .finally(() => this.#all.delete(id))
    })
  }

  async step(id: string, step: PageStep): Promise<PickerLook> {
    const { open } = this.#touch(id)
    await open.do(step)
    return lookOf(open)
  }

  at(id: string, x: number, y: number, up: number): Promise<Element> {
    return elementAt(this.#touch(id).open.page, x, y, up)
  }

  close(id: string): void {
    this.#all.get(id)?.leave()
  }

  async #stay(
    context: BrowserContext,
    id: string,
    url: string,
    steps: PageStep[],
    tools: VisitTools,
    opened: (look: PickerLook) => void,
  ): Promise<void> {
    // Once it is open, the first question's end is not the page's.
    const opening = new AbortController()
    const giveUp = (): void => opening.abort()
    tools.signal.addEventListener('abort', giveUp, { once: true })
    const open = await openPage(context, url, { ...tools, signal: opening.signal })
    for (const step of steps) await open.do(step)
    tools.signal.removeEventListener('abort', giveUp)
    const left = Promise.withResolvers<void>()
    const leave = (): void => left.resolve()
    open.page.once('close', leave).once('crash', leave)
    this.#all.set(id, { open, leave, touched: setTimeout(leave, IDLE_MS) })
    opened(await lookOf(open))
    await left.promise
    clearTimeout(this.#all.get(id)?.touched)
  }

  #touch(id: string): Picker {
    const picker = this.#all.get(id)
    if (!picker) throw new Error('this page has been closed: open it again')
    clearTimeout(picker.touched)
    picker.touched = setTimeout(picker.leave, IDLE_MS)
    return picker
  }
}

async function lookOf(open: OpenPage): Promise<PickerLook> {
  const { width, height } = open.page.viewportSize() ?? { width: 1280, height: 800 }
  return {
    url: open.page.url(),
    title: (await open.page.title()).slice(0, 200),
    width,
    height,
    png: await open.screenshot(),
  }
}
