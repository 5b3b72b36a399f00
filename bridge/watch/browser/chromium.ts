import { mkdirSync, rmSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import type { Proxy } from './proxy.ts'
import type { BrowserStart } from './protocol.ts'
import { childrenOf, treeMemoryMB } from './memory.ts'

const LAUNCH_MS = 30_000
const CLOSE_MS = 5000
const LOOK_MS = 500
/** A browser that nobody uses gives its memory back. */
const IDLE_MS = 60_000
const VIEWPORT = { width: 1280, height: 800 }

const ARGS = [
  // Loopback as well goes through the proxy, and what cannot go through it goes nowhere.
  ...['--proxy-bypass-list=<-loopback>', '--force-webrtc-ip-handling-policy=disable_non_proxied_udp'],
  ...['--disable-background-networking', '--disable-component-update', '--no-first-run', '--mute-audio'],
  ...[
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--js-flags=--max-old-space-size=512',
    '--renderer-process-limit=4',
  ],
]

interface Running {
  browser: Browser
  pid: number
  /** Visits so far, and those that are open. */
  visits: number
  open: number
  /** Why it was ended, where the cause was no page's own. */
  ended?: string
}

interface Events {
  chromium(pid: number | undefined): void
  log(level: 'info' | 'warn', message: string): void
}

/** One Chromium for all visits, each in a context of its own; replaced after so many, and ended when it grows too large. */
export class Chromium implements AsyncDisposable {
  readonly #start: BrowserStart
  readonly #proxy: Proxy
  readonly #events: Events
  #running: Promise<Running> | undefined
  #look: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(start: BrowserStart, proxy: Proxy, events: Events) {
    this.#start = start
    this.#proxy = proxy
    this.#events = events
    rmSync(start.folder, { recursive: true, force: true })
    mkdirSync(start.folder, { recursive: true })
  }

  /** Does something in a fresh context, which is gone afterwards. Says why the browser ended, when that was the reason. */
  async visit<T>(work: (context: BrowserContext) => Promise<T>): Promise<T> {
    clearTimeout(this.#idle)
    const running = await this.#browser()
    running.visits += 1
    running.open += 1
    let context: BrowserContext | undefined
    try {
      context = await running.browser.newContext({
        viewport: VIEWPORT,
        acceptDownloads: false,
        serviceWorkers: 'block',
        ignoreHTTPSErrors: true,
      })
      return await work(context)
    } catch (error) {
      throw running.ended === undefined ? error : new Error(running.ended, { cause: error })
    } finally {
      await Promise.race([context?.close().catch(() => {}), pauseMs(CLOSE_MS)])
      running.open -= 1
      if (running.open === 0 && running.visits >= this.#start.pages.checksPerBrowser) await this.#end(running)
      this.#rest()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle)
    const running = await this.#running?.catch(() => undefined)
    if (running) await this.#end(running)
  }

  async #browser(): Promise<Running> {
    const running = await this.#running?.catch(() => undefined)
    if (running?.browser.isConnected() && running.visits < this.#start.pages.checksPerBrowser) return running
    // The old one ends with its last visit.
    if (!running || this.#running === undefined || (await this.#running.catch(() => undefined)) === running) {
      this.#running = this.#launch()
    }
    return this.#running
  }

  async #launch(): Promise<Running> {
    const before = await childrenOf(process.pid)
    const browser = await chromium.launch({
      executablePath: this.#start.executable,
      headless: true,
      // As root there is no sandbox to be had.
      chromiumSandbox: process.getuid?.() !== 0,
      args: ARGS,
      proxy: { server: this.#proxy.url },
      timeout: LAUNCH_MS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
    const pid = (await childrenOf(process.pid)).find((child) => !before.includes(child)) ?? 0
    const running: Running = { browser, pid, visits: 0, open: 0 }
    this.#events.chromium(pid)
    browser.once('disconnected', () => this.#gone(running))
    this.#look ??= setInterval(() => void this.#weigh(), LOOK_MS)
    return running
  }

  async #weigh(): Promise<void> {
    const running = await this.#running?.catch(() => undefined)
    if (!running) return
    const most = this.#start.pages.mostMemoryMB
    const memory = await treeMemoryMB(running.pid)
    if (memory <= most) return
    running.ended = `the browser took ${Math.round(memory)} MB, more than watches.pages.mostMemoryMB allows (${most}), and was ended`
    this.#events.log('warn', running.ended)
    kill(running.pid)
  }

  #rest(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      void this.#running?.then((running) => (running.open === 0 ? this.#end(running) : undefined))
    }, IDLE_MS)
  }

  async #end(running: Running): Promise<void> {
    await Promise.race([running.browser.close().catch(() => {}), pauseMs(CLOSE_MS)])
    kill(running.pid)
    this.#gone(running)
  }

  #gone(running: Running): void {
    void this.#running?.then((current) => {
      if (current !== running) return
      this.#running = undefined
      clearInterval(this.#look)
      this.#look = undefined
      this.#events.chromium(undefined)
    })
  }
}

/** Ends a browser with all its processes: it leads a group of its own. */
function kill(pid: number): void {
  if (pid <= 1) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has gone by itself.
  }
}

function pauseMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
