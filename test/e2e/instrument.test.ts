import { expect, it } from 'vitest'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { chromiumForFile, expectAttribute, fillSweep, takeControl } from './rig.ts'

const { open } = chromiumForFile()

function bench(resource: string): Promise<string> {
  return writeBench({ devices: { dut: { driver: 'instrument.exfo-ctp10', title: 'Tester', resource } } })
}

it('shows who the instrument is, and its powers move', async () => {
  await using instrument = await startCtp10()
  await using bridge = await startBridge(await bench(instrument.ready.resource))
  const page = await open(bridge.ready.url)
  await expect.poll(() => page.getByTestId('identity').textContent()).toContain('CTP10')
  const power = page.getByTestId('power-1')
  await expect.poll(() => power.textContent()).toMatch(/\d/)
  const before = await power.getAttribute('data-value')
  await expect.poll(() => power.getAttribute('data-value')).not.toBe(before)
  const chart = page.getByTestId('instrument-dut').locator('canvas').first()
  const first = await chart.screenshot()
  await page.waitForTimeout(1500)
  expect((await chart.screenshot()).equals(first)).toBe(false)
})

it('runs a sweep and shows its trace on the plot', async () => {
  await using instrument = await startCtp10()
  await using bridge = await startBridge(await bench(instrument.ready.resource))
  const page = await open(bridge.ready.url)
  await expect.poll(() => page.getByTestId('identity').textContent()).toContain('CTP10')
  await takeControl(page)
  await fillSweep(page, { Start: '1540', Stop: '1560', Sampling: '1', Speed: '20' })
  await page.getByTestId('sweep-start').click()
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'running')
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'done')
  await expectAttribute(page, 'trace-plot', 'data-points', '20001')
})

it('aborts a sweep that runs', async () => {
  await using instrument = await startCtp10()
  await using bridge = await startBridge(await bench(instrument.ready.resource))
  const page = await open(bridge.ready.url)
  await expect.poll(() => page.getByTestId('identity').textContent()).toContain('CTP10')
  await takeControl(page)
  await fillSweep(page, { Start: '1500', Stop: '1600', Sampling: '1', Speed: '10' })
  await page.getByTestId('sweep-start').click()
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'running')
  await page.getByTestId('sweep-abort').click()
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'aborted', 3000)
})

it('says where a setting is wrong, and starts nothing', async () => {
  await using instrument = await startCtp10()
  await using bridge = await startBridge(await bench(instrument.ready.resource))
  const page = await open(bridge.ready.url)
  await expect.poll(() => page.getByTestId('identity').textContent()).toContain('CTP10')
  await takeControl(page)
  await fillSweep(page, { Start: '1540', Stop: '1560', Sampling: '1', Speed: '34' })
  await page.getByTestId('sweep-start').click()
  await expect.poll(() => page.getByTestId('toast').first().textContent()).toContain('-224')
  await expectAttribute(page, 'sweep-phase', 'data-phase', 'idle')
})

it('shows powers as stale when the instrument falls silent, and goes on when it is back', async () => {
  const instrument = await startCtp10()
  await using bridge = await startBridge(await bench(instrument.ready.resource))
  const page = await open(bridge.ready.url)
  await expectAttribute(page, 'power-1', 'data-stale', 'false')
  await instrument.end('SIGKILL')
  await expectAttribute(page, 'power-1', 'data-stale', 'true')
  await expect.poll(() => page.getByTestId('instrument-dut').textContent()).toMatch(/faulted/i)
  await using again = await startCtp10([], instrument.ready.port)
  expect(again.running).toBe(true)
  await expectAttribute(page, 'power-1', 'data-stale', 'false', 15_000)
})
