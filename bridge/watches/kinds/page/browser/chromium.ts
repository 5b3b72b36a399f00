import { fileURLToPath } from 'node:url'
import { type BrowserServer, chromium } from 'playwright-core'
import { MOST_SLOWDOWN } from '../../../../core/machine-load.ts'
import { withStartDeadline } from '../../../../core/start-deadline.ts'
import { killGroup } from './kill-group.ts'
import { treeMemoryMB } from './memory.ts'
import type { ProfileFolder } from './profile-folder.ts'
import type { HostStart, HostWork, Output } from './protocol.ts'
import { tell } from './serve.ts'

const LAUNCH_MS = 30_000
const CLOSE_MS = 5000
const LOOK_MS = 500
/** A browser that nobody uses gives its memory back. */
const IDLE_MS = 60_000
/** That a page failed because its browser died is known so long afterwards at the latest. */
const NOTICE_MS = 200
/** A browser in which so many have failed in a row may itself be what fails. */
const MOST_FAILED = 5

const AS_NOBODY = fileURLToPath(new URL('as-nobody.sh', import.meta.url))
/** What Chromium says when the kernel, or a container around it, grants it no namespaces. */
const NO_SANDBOX = /No usable sandbox|Failed to move to new namespace|sandboxing failed/i

const NO_SANDBOX_WORDS =
  'Chromium has no sandbox on this machine, and no page is opened without one: let users make namespaces ' +
  '(kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0; in a container, a seccomp ' +
  'profile that allows them), or, where every page that is watched is trusted, write watches.pages.sandbox: false'

/** The machine has no sandbox for the browser. */
class NoSandbox extends Error {}

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
  server: BrowserServer
  pid: number
  /** Loans so far, and those that are out. */
  loans: number
  out: number
  /** Checks that failed in it since the last that did not. */
  failed: number
  /** Why it ended, once it has. */
  ended: string | undefined
  gone: Promise<void>
}

/** One Chromium, lent to every check; replaced after so many, and ended when it grows too large. */
export class Chromium implements AsyncDisposable {
  readonly #start: HostStart
  readonly #proxy: string
  readonly #folder: ProfileFolder
  readonly #loans = new Map<number, Running>()
  readonly #all = new Set<Running>()
  #running: Promise<Running> | undefined
  #loan = 0
  #look: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined

  /** `proxy` is the browser's only way out. */
  constructor(start: HostStart, proxy: string, folder: ProfileFolder) {
    this.#start = start
    this.#proxy = proxy
    this.#folder = folder
  }

  /** Answers where the browser is; it stays until it is taken back. The address is a secret: whoever knows it drives the browser. */
  async lend(): Promise<Output<HostWork, 'lend'>> {
    clearTimeout(this.#idle)
    let running: Running
    try {
      running = await this.#browser()
    } catch (error) {
      if (error instanceof NoSandbox) return { whyNot: error.message }
      throw error
    }
    running.loans += 1
    running.out += 1
    this.#loans.set(++this.#loan, running)
    return { loan: this.#loan, endpoint: running.server.wsEndpoint() }
  }

  /** Answers why the browser has ended, if that is why the check failed. */
  async takeBack(loan: number, failed: boolean): Promise<Output<HostWork, 'takeBack'>> {
    const running = this.#loans.get(loan)
    if (!running) return { ended: undefined }
    this.#loans.delete(loan)
    if (failed) await Promise.race([running.gone, pauseMs(NOTICE_MS)])
    const { ended } = running
    running.out -= 1
    running.failed = failed ? running.failed + 1 : 0
    if (running.failed >= MOST_FAILED) running.loans = Infinity
    if (running.out === 0 && running.loans >= this.#start.pages.checksPerBrowser) await this.#end(running)
    this.#rest()
    return { ended: failed ? ended : undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle)
    await this.#running?.catch(() => {})
    await Promise.all([...this.#all].map((each) => this.#end(each)))
  }

  async #browser(): Promise<Running> {
    const before = this.#running
    const running = await before?.catch(() => undefined)
    if (running?.ended === undefined && (running?.loans ?? Infinity) < this.#start.pages.checksPerBrowser)
      return running as Running
    // Whoever comes first launches it; the old one ends with its last loan.
    if (this.#running === before) this.#running = this.#launch()
    return this.#running as Promise<Running>
  }

  async #launch(): Promise<Running> {
    const { executable, pages } = this.#start
    const { path, asNobody } = this.#folder
    const launching = chromium.launchServer({
      executablePath: asNobody ? AS_NOBODY : executable,
      env: { ...process.env, HOME: path, LIGHTBENCH_CHROMIUM: executable },
      headless: true,
      host: '127.0.0.1',
      chromiumSandbox: pages.sandbox,
      args: ARGS,
      proxy: { server: this.#proxy },
      // The deadline below is the one that counts.
      timeout: LAUNCH_MS * MOST_SLOWDOWN,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
    const launched = withStartDeadline(launching, LAUNCH_MS, 'starting the browser', {
      late: (server) => void server.kill(),
    })
    const server = await launched.catch((cause: unknown) => {
      const said = cause instanceof Error ? cause.message : String(cause)
      if (pages.sandbox && NO_SANDBOX.test(said)) throw new NoSandbox(NO_SANDBOX_WORDS, { cause })
      const [why = ''] = said.split('\n', 1)
      throw new Error(`the browser does not start: ${why}`, { cause })
    })
    const child = server.process()
    const pid = child.pid ?? 0
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    const running: Running = { server, pid, loans: 0, out: 0, failed: 0, ended: undefined, gone }
    this.#all.add(running)
    tell({ type: 'group', pid, runs: true })
    const over = (code: number | null, signal: NodeJS.Signals | null): void => {
      running.ended ??= `the browser ended with ${signal ?? `code ${code}`}`
      this.#all.delete(running)
      killGroup(pid)
      tell({ type: 'group', pid, runs: false })
      resolve()
    }
    if (child.exitCode !== null || child.signalCode !== null) over(child.exitCode, child.signalCode)
    else child.once('exit', over)
    this.#look ??= setInterval(() => void this.#weigh(), LOOK_MS).unref()
    return running
  }

  async #weigh(): Promise<void> {
    const most = this.#start.pages.mostMemoryMB
    for (const running of this.#all) {
      const memory = await treeMemoryMB(running.pid)
      if (memory <= most || running.ended !== undefined) continue
      running.ended = `the browser took ${Math.round(memory)} MB, more than watches.pages.mostMemoryMB allows (${most}), and was ended`
      tell({ type: 'log', level: 'warn', message: running.ended })
      killGroup(running.pid)
    }
  }

  #rest(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      void this.#running?.then(
        (running) => (running.out === 0 ? this.#end(running) : undefined),
        () => {},
      )
    }, IDLE_MS)
  }

  async #end(running: Running): Promise<void> {
    running.ended ??= 'the browser was ended'
    await Promise.race([running.server.close().catch(() => {}), pauseMs(CLOSE_MS)])
    killGroup(running.pid)
  }
}

function pauseMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
