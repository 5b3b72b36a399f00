import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { InstrumentState } from '../../shared/instrument/instrument.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import { Script } from '../instrument/share-rig.ts'
import { chromiumForFile, expectAttribute, PHONE, takeControl } from './rig.ts'

const { open } = chromiumForFile()

let instrument: Awaited<ReturnType<typeof startCtp10>>
let bridge: Awaited<ReturnType<typeof startBridge>>
let watcher: Client
/** Asks the simulator itself, past the driver, by the port on which it is shared. */
let wire: Script

beforeAll(async () => {
  instrument = await startCtp10(['--speed-up', '10'])
  const { resource } = instrument.ready
  const dut = { driver: 'instrument.exfo-ctp10', title: 'Tester', resource, share: { port: 0 } }
  bridge = await startBridge(await writeBench({ devices: { dut } }))
  watcher = await Client.connect(bridge.ready.url)
  const line = await watcher.call('topic.read', { topic: 'line/dut' })
  wire = await Script.connect((line.snapshot as unknown as { share: { port: number } }).share.port)
}, 40_000)

afterAll(async () => {
  wire[Symbol.dispose]()
  watcher[Symbol.dispose]()
  await bridge.end()
  await instrument.end()
})

/** The page of one who holds the lease, with the CTP10's settings open. */
async function operate(): Promise<Page> {
  const page = await open(bridge.ready.url)
  await takeControl(page)
  await page.getByTestId('ctp10-settings').locator('summary').click()
  await page.getByTestId('laser-1').waitFor()
  onTestFinished(async () => {
    if (page.isClosed()) return
    await page.getByTestId('lease-release').click()
    await expectAttribute(page, 'lease-bar', 'data-lease', 'free')
    await page.context().close()
  })
  return page
}

const state = async (): Promise<InstrumentState> =>
  (await watcher.call('topic.read', { topic: 'instrument/dut' })).snapshot as unknown as InstrumentState

it("changes a detector's unit, which the instrument takes and everybody sees", async () => {
  const page = await operate()
  const other = await open(bridge.ready.url, PHONE)
  const unit = page.getByTestId('detector-4-2').getByLabel('Power unit')
  await unit.selectOption({ label: 'mW' })
  await expect.poll(() => wire.ask(':CTP:SENS4:CHAN2:UNIT:Y?')).toBe('1')
  await expect.poll(async () => (await state()).ctp10?.modules['4']?.detectors['2']?.powerUnit).toBe('mW')
  await other.getByTestId('ctp10-settings').locator('summary').click()
  const seen = other.getByTestId('detector-4-2').getByLabel('Power unit')
  await expect.poll(() => seen.inputValue()).toBe(await unit.inputValue())
  expect(await seen.isDisabled()).toBe(true)
})

it('takes a reference, says how it goes, and shows its result', async () => {
  const page = await operate()
  const row = page.getByRole('row').filter({ has: page.getByTestId('reference-4-1') })
  expect(await row.textContent()).toContain('none')
  await page.getByTestId('reference-4-1').click()
  const words = page.getByTestId('referencing')
  await expect.poll(() => words.textContent()).toMatch(/Reference of module 4, channel 1: /)
  expect(await page.getByTestId('reference-4-2').isDisabled()).toBe(true)
  await expect.poll(() => words.textContent(), { timeout: 20_000 }).toMatch(/channel 1 done after/)
  await expect.poll(() => row.textContent()).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/)
  expect(await wire.ask(':REF:SENS4:CHAN1:RES?')).toMatch(/^1,/)
})

it('sets a TLS: its laser brings its own speeds, and what the instrument refuses is said', async () => {
  const page = await operate()
  const tls = page.getByTestId('tls-2')
  await tls.getByLabel('Laser').selectOption({ label: '3: T200S' })
  await expect.poll(() => wire.ask(':INIT:TLS2:IDEN?')).toBe('3')
  await tls.getByLabel('Speed').selectOption({ label: '200 nm/s' })
  await expect.poll(() => wire.ask(':INIT:TLS2:SPE?')).toBe('200')
  await tls.getByLabel('Stop').fill('1580')
  await page.keyboard.press('Enter')
  await expect.poll(async () => (await state()).ctp10?.tls['2']?.stopNm).toBe(1580)
  await tls.getByLabel('Start').fill('1300')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.getByTestId('toast').first().textContent()).toMatch(/-222/)
  await tls.getByLabel('Laser').selectOption({ label: 'None' })
  await expect.poll(() => wire.ask(':INIT:TLS2:IDEN?')).toBe('0')
})

it('offers every speed that the simulated laser takes', async () => {
  const { lasers } = (await state()).ctp10 ?? {}
  const speeds = lasers?.['1']?.speeds ?? []
  expect(speeds).toHaveLength(22)
  using operator = await Client.operate(bridge.ready.url)
  for (const speedNmPerS of [speeds[1]!, speeds.at(-2)!]) {
    const tls = [{ tls: 1, speedNmPerS }]
    const taken = await operator.call('ctp.setSweep', { device: 'dut', tls })
    expect(taken.tls['1']?.speedNmPerS).toBe(speedNmPerS)
  }
  await operator.call('lease.release', {})
})

it('switches a reference laser on and off for whoever holds the lease, and everybody sees that it emits', async () => {
  const observer = await open(bridge.ready.url, PHONE)
  await observer.getByTestId('ctp10-settings').locator('summary').click()
  await observer.getByTestId('laser-on-2').waitFor()
  expect(await observer.getByTestId('laser-on-2').isDisabled()).toBe(true)
  const page = await operate()
  await page.getByTestId('laser-on-2').click()
  const asked = page.getByRole('dialog')
  await expect.poll(() => asked.textContent()).toMatch(/T500S will emit .* dBm at 1310 nm/)
  expect(await wire.ask(':CTP:RLAS2:POW:STAT?')).toBe('0')
  await asked.getByRole('button', { name: 'Switch on' }).click()
  await expectAttribute(observer, 'laser-2', 'data-on', 'true')
  expect(await observer.getByTestId('laser-2').textContent()).toContain('emitting')
  expect(await wire.ask(':CTP:RLAS2:POW:STAT?')).toBe('1')
  await page.getByTestId('laser-off-2').click()
  await expectAttribute(observer, 'laser-2', 'data-on', 'false')
  expect(await wire.ask(':CTP:RLAS2:POW:STAT?')).toBe('0')

  await page.getByTestId('laser-on-2').click()
  await asked.getByRole('button', { name: 'Switch on' }).click()
  await expectAttribute(observer, 'laser-2', 'data-on', 'true')
  await page.close()
  await expectAttribute(observer, 'laser-2', 'data-on', 'false')
  expect(await wire.ask(':CTP:RLAS2:POW:STAT?')).toBe('0')
})
