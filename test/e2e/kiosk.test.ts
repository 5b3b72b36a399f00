import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ViewBody } from '../../shared/views/views.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { childrenOf } from '../support/children.ts'
import { ask, setUp } from '../support/people.ts'
import { chromiumForFile, DESK, expectAttribute, expectLive, PHONE } from './rig.ts'

const { open } = chromiumForFile()
const sim = { driver: 'camera.sim', title: 'Slide', width: 320, height: 240 }
const noToken = /\?|token|lb_/

type Bridge = Awaited<ReturnType<typeof startBridge>>
/** Where people sign in; a display's key. */
let strictFile: string
let strict: Bridge
let secret: string
/** Where everybody may operate. */
let freeFile: string
let free: Bridge

beforeAll(async () => {
  strictFile = await writeBench({ server: { localRole: 'none' }, devices: { slide: sim } })
  freeFile = await writeBench({ devices: { slide: sim } })
  ;[strict, free] = await Promise.all([startBridge(strictFile), startBridge(freeFile)])
  const admin = await setUp(strict.ready.url, strict.output)
  secret = (await ask(strict.ready.url, admin, 'token.add', { name: 'wall', role: 'viewer' })).secret
})
afterAll(() => Promise.all([strict.end(), free.end()]))

/** A page of its own that notices when it is loaded anew. */
async function mark(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => ((window as { marked?: boolean }).marked = true))
  return () => page.evaluate(() => (window as { marked?: boolean }).marked !== true)
}

it('says that it is not let in, and that there is no such view', async () => {
  const { url } = strict.ready
  const stranger = await open(`${url}/kiosk/all?token=lb_${'x'.repeat(43)}`)
  await expect.poll(() => stranger.getByTestId('overall').textContent()).toContain('Not let in')
  const lost = await open(`${url}/kiosk/nowhere?token=${secret}`)
  await expect.poll(() => lost.getByTestId('kiosk-empty').textContent()).toContain('There are all')
})

it('opens by a token, shows the picture without controls, and survives the bridge by itself', async () => {
  const { url, port } = strict.ready
  const page = await open(`${url}/kiosk/all?token=${secret}`)
  await expectLive(page, 'slide')
  await expectAttribute(page, 'overall', 'data-tone', 'good')
  expect(page.url()).not.toMatch(noToken)
  expect(await page.getByRole('button').count()).toBe(0)
  await expectAttribute(page, 'qr', 'data-text', `${url}/kiosk/all`)
  await expect.poll(() => page.evaluate(() => document.body.dataset['idle'])).toBe('true')

  const reloaded = await mark(page)
  await strict.end('SIGKILL')
  await expectAttribute(page, 'overall', 'data-tone', 'bad')
  await expect.poll(() => page.getByTestId('overall').textContent()).toContain('No connection')
  strict = await startBridge(strictFile, port)
  await expectLive(page, 'slide', 20_000)
  await expectAttribute(page, 'overall', 'data-tone', 'good')
  expect(await reloaded()).toBe(false)

  await page.reload()
  await expectLive(page, 'slide')
  expect(page.url()).not.toMatch(noToken)
})

it('shows a slate with the reason while a camera is faulted, and the picture when it is back', async () => {
  await using bridge = await startBridge(
    await writeBench({
      devices: {
        slide: { ...sim, width: 640, height: 480 },
        gone: { driver: 'camera.file', title: 'Gone', url: '/nowhere/at-all.mp4' },
      },
    }),
  )
  const page = await open(`${bridge.ready.url}/kiosk/all`)
  await expectLive(page, 'slide')
  const slate = page.getByTestId('camera-gone').getByRole('status')
  await expect.poll(() => slate.textContent()).toMatch(/at-all\.mp4|No such file/i)
  await expectAttribute(page, 'overall', 'data-tone', 'bad')
  await expect.poll(() => page.getByTestId('overall').textContent()).toContain('Gone')
  for (const { pid, command } of await childrenOf(bridge.pid)) {
    if (command.includes('camera/process/host')) process.kill(pid, 'SIGKILL')
  }
  await page.waitForTimeout(300)
  await expectLive(page, 'slide', 20_000)

  // Of a picture that is shown at half its size, half the pixels are enough.
  await expectAttribute(page, 'camera-slide', 'data-quality', 'full')
  await page.setViewportSize({ width: 800, height: 240 })
  await expectAttribute(page, 'camera-slide', 'data-quality', 'half')
  await expectLive(page, 'slide')
  await page.setViewportSize(DESK)
  await expectAttribute(page, 'camera-slide', 'data-quality', 'full')
})

it('turns its pages, is dim at night, and has an emergency stop only where the view says so', async () => {
  const { url } = free.ready
  const whole = { x: 0, y: 0, w: 16, h: 9 }
  const view: ViewBody & { name: string } = {
    name: 'lab',
    title: 'Lab',
    pages: [
      { tiles: [{ content: { kind: 'text', text: 'First' }, box: whole }] },
      { tiles: [{ content: { kind: 'clock' }, box: whole }] },
    ],
    dwellS: 3,
    night: { from: '00:00', to: '23:59', brightness: 0.4 },
    stop: true,
    qr: 'none',
  }
  await ask(url, {}, 'view.save', view)
  const page = await open(`${url}/kiosk/lab`)
  await expectAttribute(page, 'kiosk', 'data-page', '0', 20_000)
  await expectAttribute(page, 'kiosk', 'data-page', '1', 20_000)
  await expectAttribute(page, 'kiosk', 'data-night', 'true')
  expect(await page.getByTestId('qr').count()).toBe(0)
  await page.getByTestId('estop').click()
  await expectAttribute(page, 'overall', 'data-tone', 'stop')

  const phone = await open(`${url}/kiosk/lab`, PHONE)
  await phone.getByText('First').waitFor()
  await phone.getByTestId('clock').waitFor()
})

it('starts from what it kept while the bridge is away, and is loaded anew by its service worker when its program has died', async () => {
  const { url, port } = free.ready
  const page = await open(`${url}/kiosk/all`)
  await expectLive(page, 'slide')
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true)
  // What the worker has not served yet it has not kept.
  await page.reload()
  await expectLive(page, 'slide')
  await free.end('SIGKILL')
  await page.reload()
  await expect.poll(() => page.getByTestId('overall').textContent()).toContain('No connection')
  free = await startBridge(freeFile, port)
  await expectLive(page, 'slide', 20_000)

  const reloaded = await mark(page)
  await page.evaluate(() => {
    for (let timer = 0; timer < 100_000; timer++) clearInterval(timer)
  })
  // The next that the worker waits for comes soon; it asks for its 15 s all the same.
  const [worker] = page.context().serviceWorkers()
  await worker!.evaluate(() => {
    const later = setTimeout
    const soon = (what: () => void, ms: number): unknown => {
      Object.assign(globalThis, { asked: ms, setTimeout: later })
      return later(what, 300)
    }
    Object.assign(globalThis, { setTimeout: soon })
  })
  // The last that it hears of its display.
  await page.evaluate(() => navigator.serviceWorker.controller?.postMessage('alive'))
  await expect.poll(() => reloaded().catch(() => false)).toBe(true)
  expect(await worker!.evaluate(() => (globalThis as unknown as { asked: number }).asked)).toBe(15_000)
  await expectLive(page, 'slide')
})
