import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { childOf, childrenOf, isAlive } from '../support/children.ts'
import { Client } from '../support/socket.ts'
import { sampleVideo } from '../support/sample-video.ts'
import { chromiumForFile, expectAttribute, expectLive } from './rig.ts'

const { open, openForFile } = chromiumForFile()
const sim = { driver: 'camera.sim', title: 'Slide', width: 640, height: 480 }
let file: string
let bridge: Awaited<ReturnType<typeof startBridge>>
/** Stays open for all of it, and is never loaded anew. */
let page: Page

beforeAll(async () => {
  file = await writeBench({ media: { port: 0, workers: 1 }, devices: { slide: sim } })
  bridge = await startBridge(file)
  page = await openForFile(bridge.ready.url)
  await page.evaluate(() => ((window as { notReloaded?: boolean }).notReloaded = true))
})
afterAll(() => bridge.end())

const isSamePage = (): Promise<boolean | undefined> =>
  page.evaluate(() => (window as { notReloaded?: boolean }).notReloaded)

/** Kills a child of the bridge, and waits for the next of its kind: what the last one sent may still be on its way. */
async function replaced(kind: string): Promise<void> {
  const killed = await childOf(bridge.pid, kind)
  process.kill(killed, 'SIGKILL')
  await expect
    .poll(() => childOf(bridge.pid, kind).catch(() => killed), { timeout: 3000, interval: 20 })
    .not.toBe(killed)
}

it('shows live video: frames advance and the picture changes', async () => {
  await expectLive(page, 'slide')
  await expect.poll(() => page.getByTestId('camera-fps').textContent()).toMatch(/\d/)
  await expect.poll(() => page.getByTestId('camera-latency').textContent()).toMatch(/\d/)
})

it('serves two browsers from one camera with one encoder, and lists both', async () => {
  const other = await open(bridge.ready.url)
  await expectLive(page, 'slide')
  await expectLive(other, 'slide')
  const hosts = (await childrenOf(bridge.pid)).filter(({ command }) =>
    command.includes('camera/process/host'),
  )
  expect(hosts).toHaveLength(1)
  using client = await Client.connect(bridge.ready.url)
  const { snapshot } = await client.call('topic.read', { topic: 'camera/slide' })
  expect(Object.keys(snapshot['viewers'] as object)).toHaveLength(2)
  expect((snapshot['rates'] as { encodeFps: number }).encodeFps).toBeLessThan(36)
  await expect.poll(() => page.getByTestId('camera-viewers').textContent()).toContain('2')
  await other.close()
  await expect.poll(() => page.getByTestId('camera-viewers').textContent()).toContain('1')
})

it('has everybody watching again within 3 s of the death of a mediasoup worker', async () => {
  const other = await open(bridge.ready.url)
  await expectLive(page, 'slide')
  await expectLive(other, 'slide')
  const killedAt = performance.now()
  await replaced('mediasoup-worker')
  const left = 3000 - (performance.now() - killedAt)
  await Promise.all([expectLive(page, 'slide', left), expectLive(other, 'slide', left)])
})

it("survives the death of the camera's process without a reload", async () => {
  await expectLive(page, 'slide')
  await replaced('camera/process/host')
  await expectLive(page, 'slide')
  expect(await isSamePage()).toBe(true)
})

it('comes back by itself, picture and all, when the bridge is killed and started again, and leaves no camera and no worker behind', async () => {
  await expectLive(page, 'slide')
  await expectAttribute(page, 'connection-state', 'data-state', 'connected')
  const children = await childrenOf(bridge.pid)
  expect(children.length).toBeGreaterThan(1)
  await bridge.end('SIGKILL')
  await expect
    .poll(() => children.filter(({ pid }) => isAlive(pid)).map(({ command }) => command), { timeout: 5000 })
    .toEqual([])
  await expectAttribute(page, 'connection-state', 'data-state', /reconnecting|offline/)
  bridge = await startBridge(file, bridge.ready.port)
  await expectAttribute(page, 'connection-state', 'data-state', 'connected')
  await expectLive(page, 'slide')
  expect(await isSamePage()).toBe(true)
})

it('shows VP8 when bench.yaml says so, and a video file through the same path', async () => {
  const square = { driver: 'camera.file', title: 'Square', url: sampleVideo }
  await using other = await startBridge(
    await writeBench({ devices: { slide: { ...sim, codec: 'vp8' }, square } }),
  )
  const both = await open(other.ready.url)
  await expectLive(both, 'slide')
  await expectLive(both, 'square')
  const width = await both
    .locator('[data-testid=camera-square] video')
    .evaluate((video) => (video as HTMLVideoElement).videoWidth)
  expect(width).toBe(768)
})
