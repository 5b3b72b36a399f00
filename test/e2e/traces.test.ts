import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import { chromiumForFile, expectAttribute } from './rig.ts'

const { open } = chromiumForFile()

it('compares two traces of the library: overlay, difference, and the dips in a table', async () => {
  await using instrument = await startCtp10(['--swept'])
  const dut = { driver: 'instrument.exfo-ctp10', title: 'Tester', resource: instrument.ready.resource }
  await using bridge = await startBridge(await writeBench({ devices: { dut } }))
  {
    using client = await Client.connect(bridge.ready.url)
    await expect
      .poll(() =>
        client.call('trace.read', { device: 'dut', channel: 1 }).then(
          ({ points }) => points,
          () => 0,
        ),
      )
      .toBe(94_001)
    await client.call('trace.read', { device: 'dut', channel: 2 })
  }
  const page = await open(`${bridge.ready.url}/#/traces`)
  const choices = page.getByTestId('trace-choose')
  await expect.poll(() => choices.count()).toBe(2)
  // The newest is shown already: a library that is opened shows something.
  await expectAttribute(page, 'trace-plot', 'data-curves', '1')
  await choices.nth(1).click()
  await expectAttribute(page, 'trace-plot', 'data-curves', '2')
  // Both colours are on the plot, and nothing but the first one's in the difference from it.
  await expect.poll(() => drawn(page)).toEqual([true, true])
  await page.getByLabel('Show', { exact: true }).selectOption('difference')
  await expectAttribute(page, 'trace-plot', 'data-curves', '1')
  await expect.poll(() => drawn(page)).toEqual([false, true])
  await expect.poll(() => page.getByTestId('trace-plot').textContent()).toMatch(/points/)
  await page.getByLabel('Show', { exact: true }).selectOption('overlay')
  await expectAttribute(page, 'trace-plot', 'data-curves', '2')
  await page.getByTestId('peaks-find').click()
  await expect.poll(() => page.getByTestId('peak-table').getByRole('row').count()).toBeGreaterThan(10)
  await page.getByTestId('marker-add').click()
  await expect.poll(() => page.getByTestId('marker-table').getByRole('row').count()).toBeGreaterThan(1)
})

/** Whether the plot's picture has points in the first channel's colour, and in the second's. */
async function drawn(page: Page): Promise<boolean[]> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('[data-testid=trace-plot] canvas')!
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    const probe = new OffscreenCanvas(1, 1).getContext('2d')!
    return [1, 2].map((channel) => {
      probe.fillStyle = getComputedStyle(canvas).getPropertyValue(`--channel-${channel}`).trim()
      probe.fillRect(0, 0, 1, 1)
      const [r = 0, g = 0, b = 0] = probe.getImageData(0, 0, 1, 1).data
      let found = 0
      for (let i = 0; i < data.length; i += 4) {
        const near = (at: number, wanted: number): boolean => Math.abs(data[i + at]! - wanted) < 12
        if (data[i + 3]! > 200 && near(0, r) && near(1, g) && near(2, b)) found += 1
      }
      return found > 50
    })
  })
}

it('shows a trace of an oscilloscope over time, and says why it is not compared with a spectrum', async () => {
  await using bridge = await startBridge(await writeBench({}))
  const send = (query: string, text: string): Promise<Response> =>
    fetch(`${bridge.ready.url}/api/traces?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: text,
    })
  const pulse = Array.from({ length: 500 }, (_, i) => `${i - 100},${Math.exp(-(((i - 250) / 20) ** 2))}`)
  const spectrum = Array.from({ length: 500 }, (_, i) => `${1540 + i / 100},${-Math.abs(i - 250) / 10}`)
  expect((await send('name=Ring', `wavelength (nm),dB\n${spectrum.join('\n')}`)).status).toBe(200)
  expect((await send('name=Pulse', `time (us),Channel 1 (V)\n${pulse.join('\n')}`)).status).toBe(200)
  const page = await open(`${bridge.ready.url}/#/traces`)
  const plot = page.getByTestId('trace-plot')
  await expect.poll(() => plot.textContent()).toMatch(/\u2212100 – 399 µs/)
  await page.getByTestId('peak-form').getByLabel('Find', { exact: true }).selectOption('peak')
  await page.getByTestId('peaks-find').click()
  const table = page.getByTestId('peak-table')
  await expect.poll(() => table.textContent()).toMatch(/150.0 µs/)
  expect(await table.textContent()).not.toMatch(/3 dB|Q/)
  await page.getByTestId('trace-choose').nth(1).click()
  await expect
    .poll(() => page.getByTestId('compare').textContent())
    .toContain('Ring is over wavelength (m): it is not shown over time (s).')
  await expectAttribute(page, 'trace-plot', 'data-curves', '1')
  await page.getByTestId('trace-choose').first().click()
  await expect.poll(() => plot.textContent()).toMatch(/1540.000 – 1544.990 nm/)
})
