import { pino } from 'pino'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Bench, openBench } from '../../bridge/bench/bench.ts'
import { loadConfig } from '../../bridge/bench/config.ts'
import { drivers } from '../../bridge/bench/drivers.ts'
import { writeBench } from '../support/bench-process.ts'
import { Lamps } from '../support/lamp.ts'
import { Client } from '../support/socket.ts'
import { chromiumForFile, expectAttribute, PHONE } from './rig.ts'

const { open } = chromiumForFile()
const WALL = { width: 1920, height: 1080 }
/** Every page that whoever sits at the bench's machine can open. */
const PAGES = ['', 'traces', 'gallery', 'views', 'watches', 'diagnostics', 'serial', 'people', 'audit']

const lamps = new Lamps()
const ending = new AbortController()
let bench: Bench

beforeAll(async () => {
  const file = await writeBench({
    server: { localRole: 'administrator' },
    devices: {
      laser: { driver: 'instrument.lamp', title: 'Probe laser' },
      pump: { driver: 'instrument.lamp', title: 'Pump laser' },
    },
  })
  const known = new Map([...drivers, [lamps.driver.kind, lamps.driver]])
  bench = await openBench(
    await loadConfig(file, known, { port: 0 }),
    ending.signal,
    pino({ level: 'silent' }),
    { withoutGuardian: true },
  )
})
afterAll(async () => {
  ending.abort()
  await bench[Symbol.asyncDispose]()
})

const textOf = (page: Page, testId: string): Promise<string> =>
  page
    .getByTestId(testId)
    .textContent({ timeout: 2000 })
    .then(
      (text) => text ?? '',
      () => '',
    )

it('shows light that is on in the header of every page, in the title, at the device and on the wall, and why it ended until the next', async () => {
  using operator = await Client.operate(bench.url)
  const page = await open(bench.url)
  const phone = await open(bench.url, PHONE)
  const wall = await open(`${bench.url}/kiosk/all`, WALL)
  await expectAttribute(wall, 'overall', 'data-tone', 'good')
  expect(await page.title()).not.toContain('LIGHT')

  lamps.light('laser')
  await expect.poll(() => textOf(page, 'light-laser')).toContain('Probe laser')
  await expect.poll(() => textOf(phone, 'light-laser')).toContain('Light on')
  await expect.poll(() => page.title()).toMatch(/^LIGHT ON: /)
  await expect.poll(() => wall.title()).toMatch(/^LIGHT ON: /)
  expect(await textOf(page, 'emission')).toMatch(/light on since \d\d:\d\d:\d\d/)
  await expectAttribute(wall, 'overall', 'data-tone', 'bad')
  expect(await textOf(wall, 'overall')).toMatch(/Light on.*Probe laser/)
  for (const name of PAGES) {
    await page.goto(`${bench.url}/#/${name}`)
    await page.locator(`main[data-page=${name || 'bench'}]`).waitFor()
    expect(await page.getByTestId('light-laser').isVisible(), name).toBe(true)
  }
  await page.getByTestId('light-laser').click()
  await expect.poll(() => page.getByTestId('instrument-laser').isVisible()).toBe(true)
  expect(page.url()).toContain('#/bench/laser')

  await operator.call('lease.release', {})
  const why = /Emission ended at .*no longer holds the lease/
  await expect.poll(() => textOf(page, 'emission-ended')).toMatch(why)
  expect(await page.getByTestId('light-laser').count()).toBe(0)
  await expect.poll(() => page.title()).not.toContain('LIGHT')
  await expect.poll(() => textOf(wall, 'overall')).toMatch(/All in order.*Emission ended.*holds the lease/)
  await expectAttribute(wall, 'overall', 'data-tone', 'good')

  lamps.light('laser')
  await expect.poll(() => page.getByTestId('emission-ended').count()).toBe(0)
  await expect.poll(() => textOf(wall, 'overall')).not.toContain('Emission ended')
  lamps.dark('laser')
  await expect.poll(() => page.getByTestId('light-laser').count()).toBe(0)
})

it('says on every page and on the wall who pressed the stop and why, and what is not confirmed', async () => {
  using operator = await Client.operate(bench.url)
  const page = await open(bench.url)
  const wall = await open(`${bench.url}/kiosk/all`, WALL)
  lamps.stuck = true
  lamps.light('pump')
  await operator.call('estop.press', { why: 'the bridge died while light was on' })
  const reason = /Emergency stop by Local operator.*the bridge died while light was on/
  for (const name of PAGES) {
    await page.goto(`${bench.url}/#/${name}`)
    await page.locator(`main[data-page=${name || 'bench'}]`).waitFor()
    await expect.poll(() => textOf(page, 'estop-banner'), { message: name }).toMatch(reason)
  }
  await expectAttribute(page, 'estop-device-pump', 'data-state', 'unconfirmed')
  await expectAttribute(wall, 'overall', 'data-tone', 'stop')
  expect(await textOf(wall, 'overall')).toMatch(/Emergency stop.*by Local operator at .*the bridge died/)
  await expect
    .poll(() => textOf(wall, 'overall-others'))
    .toMatch(/Not confirmed.*Pump laser.*Light on.*Pump laser/)

  lamps.stuck = false
  await operator.call('estop.press', {})
  await expectAttribute(page, 'estop-device-pump', 'data-state', 'safe')
  await operator.call('estop.reset', {})
  await expect.poll(() => page.getByTestId('estop-banner').count()).toBe(0)
  await page.goto(`${bench.url}/#/bench/pump`)
  await expect
    .poll(() => textOf(page, 'emission-ended'))
    .toMatch(/Emission ended at .*local pressed the emergency stop: the bridge died/)
})

it('says quietly on every page that there is no guardian', async () => {
  const page = await open(`${bench.url}/#/traces`)
  await expectAttribute(page, 'guardian', 'data-state', 'without')
  expect(await textOf(page, 'guardian')).toContain('stays on when the bridge dies')
  const wall = await open(`${bench.url}/kiosk/all`, WALL)
  await expect.poll(() => textOf(wall, 'overall')).toContain('No guardian')
  await expectAttribute(wall, 'overall', 'data-tone', 'good')
})

it('says loudly on every page and on the wall that the guardian is lost', async () => {
  // What the bridge says of its guardian on the way to this page is that it is lost.
  const lost = async (page: Page): Promise<Page> => {
    await page.routeWebSocket(/socket\.io/, (socket) => {
      socket.connectToServer().onMessage((message) => {
        const said = /"guardian":\{"state":"\w+"/
        socket.send(
          typeof message === 'string' ? message.replace(said, '"guardian":{"state":"lost"') : message,
        )
      })
    })
    return page
  }
  const page = await lost(await open('about:blank'))
  for (const name of PAGES) {
    await page.goto(`${bench.url}/#/${name}`)
    await page.locator(`main[data-page=${name || 'bench'}]`).waitFor()
    await expectAttribute(page, 'guardian', 'data-state', 'lost')
  }
  expect(await textOf(page, 'guardian')).toContain('nothing may emit until it is back')
  const wall = await lost(await open('about:blank', WALL))
  await wall.goto(`${bench.url}/kiosk/all`)
  await expectAttribute(wall, 'overall', 'data-tone', 'bad')
  await expect.poll(() => textOf(wall, 'overall')).toMatch(/Guardian lost.*nothing may emit since/)
})
