import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { exchange, offer, WrtcEnd } from '../support/exchange.ts'
import { Nginx } from '../support/nginx.ts'
import { chromiumForFile, expectLive } from './rig.ts'

const chromium = chromiumForFile()
let bridge: Awaited<ReturnType<typeof startBridge>>
let nginx: Nginx

beforeAll(async () => {
  const cam = { driver: 'camera.sim', width: 160, height: 120, codec: 'vp8' }
  bridge = await startBridge(await writeBench({ devices: { cam } }))
  nginx = await Nginx.start(bridge.ready.port, '/bench/')
}, 60_000)

afterAll(async () => {
  await nginx[Symbol.asyncDispose]()
  await bridge.end()
})

it('shows page, video and state behind nginx on a path of its own, and asks for nothing beside that path', async () => {
  const page = await chromium.open('about:blank')
  const beside: string[] = []
  const failed: string[] = []
  const { origin } = new URL(nginx.url)
  page.on('request', (request) => {
    const url = request.url()
    if (url.startsWith(origin) && !url.startsWith(nginx.url)) beside.push(url)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`)
  })
  page.on('websocket', (socket) => {
    if (!socket.url().includes('/bench/socket.io/')) beside.push(socket.url())
  })
  await page.goto(nginx.url)
  await expectLive(page, 'cam', 30_000)
  await page.goto(`${nginx.url}#/gallery`)
  await page.goto(`${nginx.url}#/diagnostics`)
  await page.getByRole('link', { name: '/metrics' }).waitFor()
  expect(await page.getByRole('link', { name: '/metrics' }).getAttribute('href')).toBe('/bench/metrics')
  expect({ beside, failed }).toEqual({ beside: [], failed: [] })
}, 60_000)

it('shows a display there too', async () => {
  const page = await chromium.open(`${nginx.url}kiosk/all`)
  await expectLive(page, 'cam', 30_000)
  expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.scope)).toBe(
    `${nginx.url}kiosk/`,
  )
}, 60_000)

it('answers REST and WHEP there, with addresses that lead back', async () => {
  const answer = await fetch(`${nginx.url}api/commands/session.hello`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(await answer.json()).toMatchObject({ ok: true, value: { name: 'local' } })
  using end = new WrtcEnd()
  const made = await vi.waitFor(
    async () => {
      const offered = await offer(nginx.url.slice(0, -1), '/whep/cam', await end.wantPictures(), {})
      expect(offered.status, offered.text).toBe(201)
      return offered
    },
    { timeout: 20_000, interval: 500 },
  )
  await end.take(made.text)
  const location = made.headers.get('location') ?? ''
  expect(new URL(location, nginx.url).pathname).toMatch(/^\/bench\/whep\/cam\//)
  const ended = await exchange(new URL(location, nginx.url).href, 'DELETE', {})
  expect(ended.status).toBeLessThan(300)
}, 60_000)
