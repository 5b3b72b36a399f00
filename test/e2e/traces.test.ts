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
  await page.getByTestId('peaks-find').click()
  await expect.poll(() => page.getByTestId('peak-table').getByRole('row').count()).toBeGreaterThan(10)
  await page.getByTestId('marker-add').click()
  await expect.poll(() => page.getByTestId('marker-table').getByRole('row').count()).toBeGreaterThan(1)
})
