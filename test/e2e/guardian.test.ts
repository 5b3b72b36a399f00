import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LaunchedBench } from '../support/launched-bench.ts'
import { LitInstruments, until } from '../support/lit-bench.ts'
import { chromiumForFile, expectAttribute, takeControl } from './rig.ts'

const { openForFile } = chromiumForFile()
/** A page that has lost its bridge looks for it for a while, with growing pauses. */
const BACK_MS = 30_000

let instruments: LitInstruments
let bench: LaunchedBench
let page: Page

beforeAll(async () => {
  instruments = await LitInstruments.start()
  const { laser } = instruments.devices
  bench = await LaunchedBench.open(instruments, { devices: { laser } })
  page = await openForFile(bench.url)
})
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await instruments[Symbol.asyncDispose]()
})

const output = () => page.getByTestId('setting-output').getByRole('switch')

it('ends light when the bridge is killed, and the page says why once it is back', async () => {
  await takeControl(page)
  await output().click()
  await until('the laser emits', () => instruments.isLit('laser'))
  const before = bench.pid('bridge')
  process.kill(before, 'SIGKILL')
  await until('the laser is dark', () => !instruments.isLit('laser'))
  await bench.restarted(before)
  const banner = page.getByTestId('estop-banner')
  await expect.poll(() => banner.textContent(), { timeout: BACK_MS }).toMatch(/the guardian.*the bridge died/)
  expect(instruments.isLit('laser')).toBe(false)
})

it('stops by the guardian when the bridge is there no more', async () => {
  await expectAttribute(page, 'connection-state', 'data-state', 'connected', BACK_MS)
  const bridge = bench.pid('bridge')
  process.kill(bridge, 'SIGSTOP')
  await page.getByTestId('estop').click()
  await expectAttribute(page, 'estop-outcome', 'data-by', 'guardian')
  await bench.restarted(bridge)
})
