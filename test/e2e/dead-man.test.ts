import { type BrowserServer, chromium, type Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startBridge, startLaser, writeBench } from '../support/bench-process.ts'
import { chromiumLaunch } from '../support/browser.ts'
import { chromiumForFile, expectAttribute, takeControl } from './rig.ts'

const { open } = chromiumForFile()

/** What "off" may take, from the last heartbeat on: 500 ms until it is missed, and some to say so to the device. */
const OFF_MS = 600

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

interface Rig extends AsyncDisposable {
  operator: Operator
  observer: Page
  /** When the laser's light went off, on the clock of hrtime; undefined while it is on. */
  offAt(): bigint | undefined
}

/** A laser that emits by the operator's hand, and somebody who watches. */
async function emitting(): Promise<Rig> {
  const stack = new AsyncDisposableStack()
  const laser = stack.use(await startLaser())
  const bench = { driver: 'instrument.scpi', model: 'lightbench-test-laser', resource: laser.ready.resource }
  const bridge = stack.use(await startBridge(await writeBench({ devices: { laser: bench } })))
  const operator = stack.use(await Operator.sitDown(bridge.ready.url))
  const observer = await open(bridge.ready.url)
  await takeControl(operator.page)
  await operator.page.getByTestId('setting-output').getByRole('switch').click()
  await expectAttribute(observer, 'setting-output', 'data-value', 'true')
  const emissions = (): { emission: boolean; atNs: string }[] =>
    laser.output
      .filter((line) => line.startsWith('{"emission"'))
      .map((line) => JSON.parse(line) as { emission: boolean; atNs: string })
  return {
    operator,
    observer,
    offAt: () => {
      const last = emissions().at(-1)
      return last?.emission === false ? BigInt(last.atNs) : undefined
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function msUntilOff(rig: Rig, sinceNs: bigint): Promise<number> {
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
