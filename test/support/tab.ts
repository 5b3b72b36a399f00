import type { Browser, CDPSession } from 'playwright-core'

/**
 * A tab of a real window, of which one is seen and the others are hidden. Playwright's own pages all count as seen,
 * whatever is in front of them; this one is driven by the DevTools protocol alone.
 */
export class Tab {
  readonly #cdp: CDPSession
  readonly #target: string
  readonly #session: string
  readonly #waiting = new Map<number, (result: unknown) => void>()
  #sent = 0

  private constructor(cdp: CDPSession, target: string, session: string) {
    this.#cdp = cdp
    this.#target = target
    this.#session = session
    cdp.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
      if (sessionId !== session) return
      const { id, result } = JSON.parse(message) as { id?: number; result?: unknown }
      if (id !== undefined) this.#waiting.get(id)?.(result)
    })
  }

  /** Opens it in front of all others of its browser. */
  static async open(browser: Browser, url: string): Promise<Tab> {
    const cdp = await browser.newBrowserCDPSession()
    const { targetId } = await cdp.send('Target.createTarget', { url })
    const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: false })
    return new Tab(cdp, targetId, sessionId)
  }

  /** What an expression is on the page; undefined when it throws. */
  async evaluate(expression: string): Promise<unknown> {
    const sent = ++this.#sent
    const result = new Promise<unknown>((resolve) => this.#waiting.set(sent, resolve))
    const message = JSON.stringify({
      id: sent,
      method: 'Runtime.evaluate',
      params: { expression, returnByValue: true },
    })
    await this.#cdp.send('Target.sendMessageToTarget', { sessionId: this.#session, message })
    const answer = (await result) as { result?: { value?: unknown } } | undefined
    this.#waiting.delete(sent)
    return answer?.result?.value
  }

  /** Presses a button by its test id, or the button inside of it. */
  async press(testId: string): Promise<void> {
    await this.evaluate(
      `{const found = document.querySelector('[data-testid=${testId}]'); (found.querySelector('[role=switch]') ?? found).click()}`,
    )
  }

  /** Brings it before the others. */
  async show(): Promise<void> {
    await this.#cdp.send('Target.activateTarget', { targetId: this.#target })
  }
}
