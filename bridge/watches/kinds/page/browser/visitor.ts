import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import { addressShown } from '../../../../../shared/watches/web-address.ts'
import type { Addresses } from '../addresses.ts'
import { elementAt } from './pick.ts'
import type { Element, Input, Output, PickerLook, VisitWork } from './protocol.ts'
import type { WorkTools } from './serve.ts'
import { type OpenPage, openPage } from './visit.ts'

const CONNECT_MS = 15_000
const CLOSE_MS = 5000
const VIEWPORT = { width: 1280, height: 800 }

/** Uses the browser that was lent: each check in a context of its own, which is gone afterwards. */
export class Visitor implements AsyncDisposable {
  readonly #addresses: Addresses
  #browser: { endpoint: string; browser: Browser } | undefined
  #picking: { context: BrowserContext; page: OpenPage } | undefined

  constructor(addresses: Addresses) {
    this.#addresses = addresses
  }

  async check(
    { endpoint, url, steps, secrets, ...part }: Input<VisitWork, 'check'>,
    tools: WorkTools,
  ): Promise<Output<VisitWork, 'check'>> {
    const context = await this.#context(endpoint)
    try {
      const page = await openPage(context, url, { ...tools, addresses: this.#addresses, secrets })
      for (const step of steps) await page.do(step)
      return await page.look(part)
    } finally {
      await closed(context)
    }
  }

  /** Leaves the page open. */
  async open(
    { endpoint, url, steps, secrets }: Input<VisitWork, 'open'>,
    { signal, comment }: WorkTools,
  ): Promise<PickerLook> {
    const context = await this.#context(endpoint)
    try {
      // The end of the first question is not the page's.
      const opening = new AbortController()
      const giveUp = (): void => opening.abort()
      signal.addEventListener('abort', giveUp, { once: true })
      const page = await openPage(context, url, {
        signal: opening.signal,
        comment,
        addresses: this.#addresses,
        secrets,
      })
      for (const step of steps) await page.do(step)
      signal.removeEventListener('abort', giveUp)
      this.#picking = { context, page }
      return await lookOf(page)
    } catch (error) {
      this.#picking = undefined
      await closed(context)
      throw error
    }
  }

  async step({ step, secrets }: Input<VisitWork, 'step'>): Promise<PickerLook> {
    const page = this.#page()
    page.mayAlsoSend(secrets)
    await page.do(step)
    return lookOf(page)
  }

  at(x: number, y: number, up: number): Promise<Element> {
    return elementAt(this.#page().page, x, y, up)
  }

  async close(): Promise<undefined> {
    const picking = this.#picking
    this.#picking = undefined
    if (picking) await closed(picking.context)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
    await this.#browser?.browser.close()
  }

  async #context(endpoint: string): Promise<BrowserContext> {
    if (this.#browser?.endpoint !== endpoint || !this.#browser.browser.isConnected()) {
      await this.#browser?.browser.close().catch(() => {})
      this.#browser = { endpoint, browser: await chromium.connect(endpoint, { timeout: CONNECT_MS }) }
    }
    return this.#browser.browser.newContext({
      viewport: VIEWPORT,
      acceptDownloads: false,
      serviceWorkers: 'block',
      ignoreHTTPSErrors: true,
    })
  }

  #page(): OpenPage {
    if (this.#picking) return this.#picking.page
    throw new Error('this page has been closed: open it again')
  }
}

async function closed(context: BrowserContext): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())
  await Promise.race([context.close().catch(() => {}), late])
}

async function lookOf(open: OpenPage): Promise<PickerLook> {
  const { width, height } = open.page.viewportSize() ?? VIEWPORT
  return {
    url: addressShown(open.page.url()),
    title: (await open.page.title()).slice(0, 200),
    width,
    height,
    png: await open.screenshot(),
  }
}
