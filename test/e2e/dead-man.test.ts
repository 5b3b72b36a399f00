import { type BrowserServer, chromium, type Page } from 'playwright-core'
import { expect, it } from 'vitest'
import type { ControlState } from '../../shared/control/control.ts'
import { startBridge, startLaser, writeBench } from '../support/bench-process.ts'
import { chromiumLaunch, launchChromium } from '../support/browser.ts'
import { Nginx } from '../support/nginx.ts'
import { ask, setUp } from '../support/people.ts'
import { Tab } from '../support/tab.ts'
import { chromiumForFile, expectAttribute, takeControl } from './rig.ts'

const { open } = chromiumForFile()

/** What "off" may take, from the last heartbeat on: 500 ms until it is missed, and some to say so to the device. */
const OFF_MS = 600

/** A main thread that hangs is noticed after 2 s; then it is as above. */
const HUNG_OFF_MS = 2000 + OFF_MS

/** A browser of its own process group, which can be killed or frozen whole. */
class Operator implements AsyncDisposable {
  readonly page: Page
  readonly #server: BrowserServer

  private constructor(server: BrowserServer, page: Page) {
    this.#server = server
    this.page = page
  }

  static async sitDown(url: string): Promise<Operator> {
    const server = await chromium.launchServer(chromiumLaunch)
    const browser = await chromium.connect(server.wsEndpoint())
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(url)
    return new Operator(server, page)
  }

  /** Sends a signal to every process of the browser. Answers when, on the clock of hrtime. */
  signal(name: NodeJS.Signals): bigint {
    const { pid } = this.#server.process()
    if (pid === undefined) throw new Error('the browser was never started')
    process.kill(-pid, name)
    return process.hrtime.bigint()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.kill()
  }
}

interface Lit extends AsyncDisposable {
  url: string
  observer: Page
  /** When the laser's light went off, on the clock of hrtime; undefined while it is on, or was never on. */
  offAt(): bigint | undefined
}

interface Rig extends Lit {
  operator: Operator
}

/** A laser on a bench, and somebody who watches. */
async function bench(): Promise<Lit> {
  const stack = new AsyncDisposableStack()
  const laser = stack.use(await startLaser())
  const device = { driver: 'instrument.scpi', model: 'lightbench-test-laser', resource: laser.ready.resource }
  const bridge = stack.use(await startBridge(await writeBench({ devices: { laser: device } })))
  const observer = await open(bridge.ready.url)
  const emissions = (): { emission: boolean; atNs: string }[] =>
    laser.output
      .filter((line) => line.startsWith('{"emission"'))
      .map((line) => JSON.parse(line) as { emission: boolean; atNs: string })
  return {
    url: bridge.ready.url,
    observer,
    offAt: () => {
      const last = emissions().at(-1)
      return last?.emission === false ? BigInt(last.atNs) : undefined
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** The same, and the laser emits by an operator's hand. */
async function emitting(): Promise<Rig> {
  const lit = await bench()
  const operator = await Operator.sitDown(lit.url)
  await takeControl(operator.page)
  await operator.page.getByTestId('setting-output').getByRole('switch').click()
  await expectAttribute(lit.observer, 'setting-output', 'data-value', 'true')
  return {
    ...lit,
    operator,
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]()
      await lit[Symbol.asyncDispose]()
    },
  }
}

/** Keeps the page's main thread busy: nothing else of the page runs meanwhile. */
const block = (page: Page, ms: number): Promise<void> =>
  page.evaluate((busyMs) => {
    const until = performance.now() + busyMs
    while (performance.now() < until);
  }, ms)

async function msUntilOff(rig: Lit, sinceNs: bigint): Promise<number> {
  await expect.poll(() => rig.offAt(), { timeout: 5000, interval: 20 }).toBeDefined()
  return Number((rig.offAt() ?? 0n) - sinceNs) / 1e6
}

it("switches a laser off within 600 ms when the operator's browser is killed, and frees the lease", async () => {
  await using rig = await emitting()
  const killedNs = rig.operator.signal('SIGKILL')
  expect(await msUntilOff(rig, killedNs)).toBeLessThan(OFF_MS)
  await expectAttribute(rig.observer, 'setting-output', 'data-value', 'false')
  await expectAttribute(rig.observer, 'lease-bar', 'data-lease', 'free', 5000)
})

it('switches a laser off within 600 ms when the browser freezes without a word, and leaves it off when it comes back', async () => {
  await using rig = await emitting()
  // The last heartbeat was before this: what is measured from here is at most what the rule allows.
  const frozenNs = rig.operator.signal('SIGSTOP')
  expect(await msUntilOff(rig, frozenNs)).toBeLessThan(OFF_MS)
  rig.operator.signal('SIGCONT')
  await rig.observer.waitForTimeout(1500)
  expect(rig.offAt()).toBeDefined()
  await expectAttribute(rig.operator.page, 'setting-output', 'data-value', 'false')
})

it('leaves a laser on while the page is busy for 1.5 s', async () => {
  await using rig = await emitting()
  await block(rig.operator.page, 1500)
  expect(rig.offAt()).toBeUndefined()
  await expectAttribute(rig.operator.page, 'setting-output', 'data-value', 'true')
})

it('switches a laser off when the page hangs for 3 s, and leaves it off afterwards', async () => {
  await using rig = await emitting()
  const blockedNs = process.hrtime.bigint()
  await block(rig.operator.page, 3000)
  expect(await msUntilOff(rig, blockedNs)).toBeLessThan(HUNG_OFF_MS)
  // The page beats again.
  await rig.operator.page.getByTestId('lease-silent').waitFor({ state: 'detached' })
  await expectAttribute(rig.operator.page, 'setting-output', 'data-value', 'false')
  expect(rig.offAt()).toBeDefined()
})

it('switches a laser off within 600 ms when another tab hides the page', async () => {
  await using lit = await bench()
  await using browser = await launchChromium()
  const operator = await Tab.open(browser, lit.url)
  const press = async (testId: string, until: string): Promise<void> => {
    await expect
      .poll(() => operator.evaluate(`document.querySelector('[data-testid=${testId}]') !== null`))
      .toBe(true)
    await operator.press(testId)
    await expect.poll(() => operator.evaluate(until)).toBe(true)
  }
  await press('lease-take', `document.querySelector('[data-testid=lease-bar]').dataset.lease === 'mine'`)
  const output = `document.querySelector('[data-testid=setting-output]')`
  await expect.poll(() => operator.evaluate(`${output}.querySelector('[role=switch]').disabled`)).toBe(false)
  await press('setting-output', `${output}.dataset.value === 'true'`)
  expect(await operator.evaluate('document.visibilityState')).toBe('visible')
  const hiddenNs = process.hrtime.bigint()
  await Tab.open(browser, 'about:blank')
  expect(await msUntilOff(lit, hiddenNs)).toBeLessThan(OFF_MS)
  expect(await operator.evaluate('document.visibilityState')).toBe('hidden')
})

it('switches a laser off when the lease is released', async () => {
  await using rig = await emitting()
  const releasedNs = process.hrtime.bigint()
  await rig.operator.page.getByTestId('lease-release').click()
  expect(await msUntilOff(rig, releasedNs)).toBeLessThan(5000)
})

it('switches a laser off by the emergency stop of somebody who only watches', async () => {
  await using rig = await emitting()
  const pressedNs = process.hrtime.bigint()
  await rig.observer.getByTestId('estop').click()
  expect(await msUntilOff(rig, pressedNs)).toBeLessThan(5000)
  await rig.operator.page.getByTestId('estop-banner').waitFor()
  expect(await rig.operator.page.getByTestId('setting-output').getByRole('switch').isDisabled()).toBe(true)
})

it('beats for a page that is signed in by its cookie, behind nginx on a path of its own', async () => {
  await using bridge = await startBridge(await writeBench({ server: { localRole: 'none' } }))
  const administrator = await setUp(bridge.ready.url, bridge.output)
  await using nginx = await Nginx.start(bridge.ready.port, '/bench/')
  const page = await open('about:blank')
  const [name = '', value = ''] = administrator['cookie']?.split('=') ?? []
  await page.context().addCookies([{ name, value, url: nginx.url }])
  await page.goto(nginx.url)
  await takeControl(page)
  const lease = async (): Promise<ControlState['lease']> => {
    const { snapshot } = await ask(bridge.ready.url, administrator, 'topic.read', { topic: 'control' })
    return (snapshot as ControlState).lease
  }
  await expect.poll(lease).toMatchObject({ name: 'root-admin', connected: true, beating: true })
  await page.getByTestId('lease-release').click()
  await expect.poll(lease).toBeUndefined()
  // The worker that is there already beats again.
  await takeControl(page)
  await expect.poll(lease).toMatchObject({ beating: true })
})
