import type { BrowserContext, Locator, Page } from 'playwright-core'
import { BenchError } from '../../../../../shared/wire/errors.ts'
import { secretNamesIn } from '../../../../../shared/wire/secret-reference.ts'
import type { PageSelector, PageStep, PageWatch } from '../../../../../shared/watches/watch-what.ts'
import { addressShown } from '../../../../../shared/watches/web-address.ts'
import { filled, filledAddress, requireHost, type Secrets } from '../../../../core/filled.ts'
import type { Addresses } from '../addresses.ts'
import type { Output, VisitWork } from './protocol.ts'
import { REFUSED } from './proxy.ts'
import type { WorkTools } from './serve.ts'

const STEP_MS = 15_000
/** A page that goes on loading is looked at as it is. */
const SETTLE_MS = 2000
const MOST_PAGES = 3
const MOST_TEXT = 400_000

interface VisitTools extends WorkTools {
  addresses: Addresses
  /** To which addresses and typed texts may refer. */
  secrets: Secrets
}

/** Opens an address in a fresh page. Everything that fails says so in words for people. */
export async function openPage(context: BrowserContext, url: string, tools: VisitTools): Promise<OpenPage> {
  const page = await context.newPage()
  page.setDefaultTimeout(STEP_MS)
  const open = new OpenPage(page, tools)
  context.on('page', (other) => {
    if (context.pages().length > MOST_PAGES) void other.close().catch(() => {})
  })
  await open.do({ do: 'goto', url })
  return open
}

/** One page of the browser, whose every wait ends when it crashes, begins a download, or nobody wants it any more. */
export class OpenPage {
  readonly page: Page
  readonly #tools: VisitTools
  readonly #trouble: Promise<never>
  #secrets: Secrets
  #picture: Uint8Array | undefined

  constructor(page: Page, tools: VisitTools) {
    this.page = page
    this.#tools = tools
    this.#secrets = tools.secrets
    this.#trouble = new Promise((_, reject) => {
      page.once('crash', () => reject(new Error('the page crashed its tab')))
      page.on('download', (download) => {
        reject(
          new Error(
            `the page begins a download (${download.suggestedFilename().slice(0, 80)}), which is refused`,
          ),
        )
        void download.cancel().catch(() => {})
      })
      page.once('close', () => reject(new Error('the page closed itself')))
      tools.signal.addEventListener('abort', () => reject(new Error('it took too long')), { once: true })
    })
    this.#trouble.catch(() => {})
  }

  /** Steps may refer to these secrets besides. */
  mayAlsoSend(secrets: Secrets): void {
    this.#secrets = { ...this.#secrets, ...secrets }
  }

  /** Does one step. Throws with what could not be done. */
  async do(step: PageStep): Promise<void> {
    this.#tools.comment(wordsFor(step))
    await this.#orTrouble(this.#step(step))
  }

  /** What the page shows of what was chosen, and how it looks. */
  async look({ select, json }: Pick<PageWatch, 'select' | 'json'>): Promise<Output<VisitWork, 'check'>> {
    this.#tools.comment('reading the page')
    const body = await this.#orTrouble(json === undefined ? this.#text(select) : this.#raw())
    const png = this.#picture ?? (await this.screenshot())
    return { body: body.slice(0, MOST_TEXT), png }
  }

  screenshot(): Promise<Uint8Array> {
    return this.#orTrouble(this.page.screenshot({ type: 'png', timeout: STEP_MS, animations: 'disabled' }))
  }

  async #step(step: PageStep): Promise<void> {
    switch (step.do) {
      case 'goto':
        return this.#goto(step.url)
      case 'click':
        await this.#at(step.at).click()
        return this.#settle()
      case 'type':
        return this.#type(this.#at(step.at), step.text)
      case 'select':
        await this.#at(step.at).selectOption(step.value)
        return
      case 'wait':
        if (step.for)
          await this.#at(step.for).waitFor({
            state: 'visible',
            timeout: (step.seconds ?? STEP_MS / 1000) * 1000,
          })
        else await this.page.waitForTimeout((step.seconds ?? 1) * 1000)
        return
      case 'screenshot':
        this.#picture = await this.page.screenshot({ type: 'png', timeout: STEP_MS, animations: 'disabled' })
    }
  }

  async #goto(url: string): Promise<void> {
    try {
      const whole = filledAddress(url, this.#secrets)
      const answer = await this.#kept(secretNamesIn(url), () =>
        this.page.goto(whole, { waitUntil: 'domcontentloaded', timeout: 0 }),
      )
      if (answer && (await answer.headerValue(REFUSED)) !== null) throw new Error(await answer.text())
      if (answer && answer.status() >= 400)
        throw new Error(`${addressShown(url)} answered ${answer.status()}`)
    } catch (error) {
      if (error instanceof BenchError) throw error
      // Of a tunnel that the proxy refuses the browser tells no more than that.
      const refused = await this.#tools.addresses.refusalOf(new URL(url))
      if (refused !== undefined) throw new Error(refused, { cause: error })
      throw error
    }
    await this.#settle()
  }

  /** Has the page go no further than to hosts that these secrets may be sent to: a redirect may carry them along. */
  async #kept<T>(names: readonly string[], going: () => Promise<T>): Promise<T> {
    if (names.length === 0) return going()
    const session = await this.page.context().newCDPSession(this.page)
    let refusal: unknown
    try {
      const { frameTree } = await session.send('Page.getFrameTree')
      session.on('Fetch.requestPaused', ({ requestId, request, frameId }) => {
        try {
          if (frameId === frameTree.frame.id)
            requireHost(names, { to: new URL(request.url), secrets: this.#secrets })
          void session.send('Fetch.continueRequest', { requestId }).catch(() => {})
        } catch (error) {
          refusal = error
          const blocked = { requestId, errorReason: 'BlockedByClient' } as const
          void session.send('Fetch.failRequest', blocked).catch(() => {})
        }
      })
      await session.send('Fetch.enable', {
        patterns: [{ resourceType: 'Document', requestStage: 'Request' }],
      })
      return await going()
    } catch (error) {
      throw refusal ?? error
    } finally {
      await session.detach().catch(() => {})
    }
  }

  async #type(at: Locator, text: string): Promise<void> {
    const names = secretNamesIn(text)
    if (names.length === 0) return at.fill(text)
    // The element and not where it is found: a frame that goes elsewhere between the look and the typing takes it along.
    const element = await at.elementHandle()
    const frame = await element?.ownerFrame()
    const place = { to: new URL(frame?.url() ?? 'about:blank'), secrets: this.#secrets }
    await element?.fill(filled(text, place))
  }

  async #settle(): Promise<void> {
    await this.page.waitForLoadState('load', { timeout: SETTLE_MS }).catch(() => {})
  }

  async #text(select: PageSelector | undefined): Promise<string> {
    const found = select ? this.page.locator(pathOf(select)) : this.page.locator('body')
    if (select)
      await found
        .first()
        .waitFor({ state: 'attached', timeout: SETTLE_MS })
        .catch(() => {})
    const texts = await found.allInnerTexts()
    if (texts.length === 0)
      throw new Error(`nothing on the page fits ${select?.css ?? select?.xpath ?? 'body'}`)
    return texts.join('\n')
  }

  /** A JSON answer as the browser shows it. */
  async #raw(): Promise<string> {
    return this.page.evaluate(() => document.body.innerText)
  }

  #at(selector: PageSelector): Locator {
    return this.page.locator(pathOf(selector)).first()
  }

  async #orTrouble<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {})
    try {
      return await Promise.race([work, this.#trouble])
    } catch (error) {
      throw new Error(explain(error), { cause: error })
    }
  }
}

function pathOf({ css, xpath }: PageSelector): string {
  return xpath === undefined ? `css=${css ?? 'body'}` : `xpath=${xpath}`
}

function wordsFor(step: PageStep): string {
  if (step.do === 'goto') return `opening ${addressShown(step.url).slice(0, 80)}`
  if (step.do === 'wait') return 'waiting'
  if (step.do === 'screenshot') return 'taking a picture'
  const at = step.at.css ?? step.at.xpath ?? ''
  return `${step.do === 'click' ? 'clicking' : step.do === 'type' ? 'typing into' : 'choosing in'} ${at.slice(0, 60)}`
}

/** What Playwright says is for programmers: its first line, without its own names. */
function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (text.includes('ERR_TOO_MANY_REDIRECTS')) return 'the page redirects for ever'
  if (text.includes('ERR_NAME_NOT_RESOLVED')) return 'there is no such host'
  if (text.includes('Download is starting')) return 'the page begins a download, which is refused'
  if (text.includes('Target crashed') || text.includes('Page crashed')) return 'the page crashed its tab'
  if (/browser has been closed|Browser closed/.test(text)) return 'the browser ended'
  const first = text.split('\n', 1)[0] ?? text
  return first.replace(/^(\w+\.)?\w+: (?=\S)/, '').slice(0, 300)
}
