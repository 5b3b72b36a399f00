import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { chromiumForFile, expectAttribute, fillSweep, takeControl } from './rig.ts'

const { openForFile } = chromiumForFile()
let instrument: Awaited<ReturnType<typeof startCtp10>>
let bridge: Awaited<ReturnType<typeof startBridge>>
let page: Page

beforeAll(async () => {
  instrument = await startCtp10()
  const { resource } = instrument.ready
  const dut = { driver: 'instrument.exfo-ctp10', title: 'Tester', resource }
  bridge = await startBridge(await writeBench({ devices: { dut } }))
  page = await openForFile(bridge.ready.url)
})

afterAll(async () => {
  await bridge.end()
  await instrument.end()
})

it('shows who the instrument is, and its powers move', async () => {
  await expect.poll(() => page.getByTestId('identity').textContent()).toContain('CTP10')
  const power = page.getByTestId('power-1')
  await expect.poll(() => power.textContent()).toMatch(/\d/)
  const before = await power.getAttribute('data-value')
  await expect.poll(() => power.getAttribute('data-value')).not.toBe(before)
  const chart = page.getByTestId('instrument-dut').locator('canvas').first()
  const first = await chart.screenshot()
  await expect.poll(async () => (await chart.screenshot()).equals(first)).toBe(false)
})

it('says where a setting is wrong, and starts nothing', async () => {
  await takeControl(page)
  await fillSweep(page, { Start: '1540', Stop: '1560', Sampling: '1', Speed: '34' })
  await page.getByTestId('sweep-start').click()
  await expect.poll(() => page.getByTestId('toast').first().textContent()).toContain('-224')
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'idle')
})

it('runs a sweep and shows its trace on the plot', async () => {
  await fillSweep(page, { Start: '1540', Stop: '1560', Sampling: '1', Speed: '20' })
  await page.getByTestId('sweep-start').click()
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'running')
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'done')
  await expectAttribute(page, 'trace-plot', 'data-points', '20001')
})

it('aborts a sweep that runs', async () => {
  await fillSweep(page, { Start: '1500', Stop: '1600', Sampling: '1', Speed: '10' })
  await page.getByTestId('sweep-start').click()
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'running')
  await page.getByTestId('sweep-abort').click()
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'aborted', 3000)
})

it('shows powers as stale when the instrument falls silent, and goes on when it is back', async () => {
  await expectAttribute(page, 'power-1', 'data-stale', 'false')
  await instrument.end('SIGKILL')
  await expectAttribute(page, 'power-1', 'data-stale', 'true')
  await expect.poll(() => page.getByTestId('instrument-dut').textContent()).toMatch(/faulted/i)
  instrument = await startCtp10([], instrument.ready.port)
  await expectAttribute(page, 'power-1', 'data-stale', 'false', 15_000)
})
