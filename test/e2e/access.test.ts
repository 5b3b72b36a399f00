import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { ask, type Headers, setUp, signedIn } from '../support/people.ts'
import { chromiumForFile, expectAttribute, fillSweep, PHONE, takeControl } from './rig.ts'

const { open } = chromiumForFile()
const PASSWORD = 'correct horse battery'
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let instrument: Awaited<ReturnType<typeof startCtp10>>
beforeAll(async () => {
  instrument = await startCtp10()
})
afterAll(async () => {
  await instrument.end()
})

const strict = { server: { localRole: 'none' } }

async function signIn(page: Page, name: string): Promise<void> {
  const form = page.getByTestId('sign-in-form')
  await form.getByLabel('Name').fill(name)
  await form.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.keyboard.press('Enter')
  await expectAttribute(page, 'connection-state', 'data-state', 'connected')
}

/** What keeps people with a screen reader, a keyboard or weak eyes from using the page. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    interface Violation {
      id: string
      impact: string
      nodes: { html: string }[]
    }
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
  })
}

it('is set up by the link on the terminal, once, and lets in by name and password from then on', async () => {
  await using bridge = await startBridge(await writeBench(strict))
  const { url } = bridge.ready
  await expect.poll(() => bridge.output.join('\n')).toContain('set-up?key=')
  const link = /http\S+set-up\?key=\S+/.exec(bridge.output.join('\n'))?.[0] ?? ''
  const page = await open(link)
  const form = page.getByTestId('set-up-form')
  await form.getByLabel('Name').fill('anna')
  for (const field of await form.locator('input[type=password]').all()) await field.fill(PASSWORD)
  await page.keyboard.press('Enter')
  await expectAttribute(page, 'connection-state', 'data-state', 'connected')
  expect(await page.getByTestId('menu').textContent()).toMatch(/anna/i)

  const stranger = await open(url)
  await stranger.getByTestId('sign-in-form').waitFor()
  expect(await stranger.getByTestId('camera-slide').count()).toBe(0)
  await signIn(stranger, 'anna')
  const late = await open(link)
  await late.getByTestId('set-up-form').waitFor()
  await late.getByTestId('set-up-form').getByLabel('Name').fill('eve')
  for (const field of await late.getByTestId('set-up-form').locator('input[type=password]').all())
    await field.fill(PASSWORD)
  await late.keyboard.press('Enter')
  await expect.poll(() => late.getByTestId('form-problem').textContent()).toMatch(/set up/)
})

describe('where people sign in', () => {
  let bridge: Awaited<ReturnType<typeof startBridge>>
  let url: string
  let admin: Headers

  beforeAll(async () => {
    const dut = { driver: 'instrument.exfo-ctp10', title: 'Tester', resource: instrument.ready.resource }
    bridge = await startBridge(await writeBench({ ...strict, devices: { dut } }))
    url = bridge.ready.url
    admin = await setUp(url, bridge.output, 'anna')
    for (const name of ['olga', 'hans']) await signedIn(url, admin, name, 'operator')
    await signedIn(url, admin, 'vera', 'viewer')
  })
  afterAll(() => bridge.end())

  it('hands the lease over between two browsers, and an administrator takes it', async () => {
    const [olga, hans, anna] = [await open(url), await open(url), await open(url)]
    await signIn(olga, 'olga')
    await signIn(hans, 'hans')
    await signIn(anna, 'anna')
    await takeControl(olga)
    await expectAttribute(hans, 'lease-bar', 'data-lease', 'other')
    expect(await hans.getByTestId('lease-bar').textContent()).toMatch(/olga/i)
    await hans.getByTestId('lease-ask').click()
    await expect.poll(() => olga.getByTestId('lease-request').textContent()).toMatch(/hans/i)
    await olga.getByTestId('lease-give').click()
    await expectAttribute(hans, 'lease-bar', 'data-lease', 'mine')
    await expectAttribute(olga, 'lease-bar', 'data-lease', 'other')
    await anna.getByTestId('lease-seize').click()
    await anna.getByTestId('confirm').getByRole('button', { name: 'Take control' }).click()
    await expectAttribute(anna, 'lease-bar', 'data-lease', 'mine')
    await expectAttribute(hans, 'lease-bar', 'data-lease', 'other')
    await anna.context().close()
    await expectAttribute(hans, 'lease-bar', 'data-lease', 'free', 5000)
  })

  it("stops a running sweep from a viewer's phone, and says in the audit how fast", async () => {
    const [olga, vera] = [await open(url), await open(url, PHONE)]
    await signIn(olga, 'olga')
    await signIn(vera, 'vera')
    await takeControl(olga)
    await fillSweep(olga, { Start: '1500', Stop: '1600', Sampling: '1', Speed: '10' })
    await olga.getByTestId('sweep-start').click()
    await expectAttribute(vera, 'sweep-phase', 'data-phase', 'running')
    await vera.getByTestId('estop').click()
    await expectAttribute(olga, 'sweep-phase', 'data-phase', 'aborted', 4000)
    await olga.getByTestId('estop-banner').waitFor()
    expect(await olga.getByTestId('estop-banner').textContent()).toMatch(/vera/i)
    expect(await olga.getByTestId('sweep-start').isDisabled()).toBe(true)
    const [line] = await ask(url, admin, 'audit.read', { action: 'estop.press' })
    expect(line).toMatchObject({ who: 'vera', outcome: 'ok' })
    const stopMs = Number(/within ([\d.]+) ms/.exec(line?.message ?? '')?.[1])
    expect(stopMs).toBeGreaterThan(0)
    expect(await vera.getByTestId('estop-reset').isDisabled()).toBe(true)
    await olga.getByTestId('estop-reset').click()
    await expect.poll(() => olga.getByTestId('estop-banner').count()).toBe(0)
    await expect.poll(() => olga.getByTestId('sweep-start').isDisabled()).toBe(false)
  })

  it('keeps people and tokens, and what they did', async () => {
    const page = await open(url)
    await signIn(page, 'anna')
    await page.goto(`${url}/#/people`)
    await page.getByTestId('user-add').click()
    const dialog = page.getByTestId('user-add-dialog')
    await dialog.getByLabel('Name').fill('wanda')
    await dialog.locator('input[type=password]').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByTestId('user-wanda').waitFor()
    await page.getByTestId('token-add').click()
    await page.getByTestId('token-add-dialog').getByLabel('Name').fill('wall')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByTestId('token-secret').inputValue()).toMatch(/lb_/)
    expect(await barriers(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.goto(`${url}/#/audit`)
    await expect.poll(() => page.getByTestId('audit-table').textContent()).toMatch(/user\.add/)
    expect(await page.getByTestId('audit-table').textContent()).not.toContain(PASSWORD)
    expect(await barriers(page)).toEqual([])
  })
})

describe('where everybody may operate', () => {
  let bridge: Awaited<ReturnType<typeof startBridge>>
  let url: string

  beforeAll(async () => {
    const devices = {
      slide: { driver: 'camera.sim', width: 320, height: 240 },
      dut: { driver: 'instrument.exfo-ctp10', resource: instrument.ready.resource },
    }
    const interlocks = { key: { title: 'Laser key', key: true } }
    bridge = await startBridge(await writeBench({ devices, interlocks }))
    url = bridge.ready.url
  })
  afterAll(() => bridge.end())

  it('stops by Shift+Escape, and over HTTP when the socket is gone', async () => {
    const page = await open(url)
    await expectAttribute(page, 'connection-state', 'data-state', 'connected')
    await expectAttribute(page, 'lease-bar', 'data-lease', 'free')
    await page.keyboard.press('Shift+Escape')
    await page.getByTestId('estop-banner').waitFor()
    await takeControl(page)
    await page.getByTestId('estop-reset').click()
    await expect.poll(() => page.getByTestId('estop-banner').count()).toBe(0)
    const others = await open(url)
    await page.routeWebSocket(/socket\.io/, (socket) => void socket.close())
    await page.route(/socket\.io/, (route) => void route.abort())
    await page.reload()
    await page.getByTestId('estop').click()
    await others.getByTestId('estop-banner').waitFor()
    await takeControl(others)
    await others.getByTestId('estop-reset').click()
    await expect.poll(() => others.getByTestId('estop-banner').count()).toBe(0)
  })

  it.each([
    ['dark', undefined],
    ['light', PHONE],
  ] as const)('puts nothing serious in the way of anybody, %s', async (scheme, viewport) => {
    const page = await open(url, viewport)
    await page.emulateMedia({ colorScheme: scheme })
    await expect.poll(() => page.getByTestId('identity').textContent()).toContain('CTP10')
    expect(await barriers(page)).toEqual([])
    await takeControl(page)
    await page.keyboard.press('Shift+Escape')
    await page.getByTestId('estop-banner').waitFor()
    expect(await barriers(page)).toEqual([])
    await page.getByTestId('estop-reset').click()
    await expect.poll(() => page.getByTestId('estop-banner').count()).toBe(0)
    await page.goto(`${url}/#/sign-in`)
    await page.getByTestId('sign-in-form').waitFor()
    expect(await barriers(page)).toEqual([])
  })
})
