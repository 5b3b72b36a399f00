import { expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { childOf, childrenOf, isAlive } from '../support/children.ts'
import { Client } from '../support/socket.ts'
import { chromiumForFile, expectAttribute, expectLive } from './rig.ts'

const { open } = chromiumForFile()

const sim = { driver: 'camera.sim', title: 'Slide', width: 640, height: 480 }

it('shows live video: frames advance and the picture changes', async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide: sim } }))
  const page = await open(bridge.ready.url)
  await expectLive(page, 'slide')
  await expect.poll(() => page.getByTestId('camera-fps').textContent()).toMatch(/\d/)
  await expect.poll(() => page.getByTestId('camera-latency').textContent()).toMatch(/\d/)
})

it('shows video by VP8 when bench.yaml says so', async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide: { ...sim, codec: 'vp8' } } }))
  await expectLive(await open(bridge.ready.url), 'slide')
})

it('shows a video file through the same path', async () => {
  const cache = process.env['XDG_CACHE_HOME'] ?? `${process.env['HOME'] ?? ''}/.cache`
  const file = { driver: 'camera.file', title: 'Square', url: `${cache}/lightbench/samples/vtest.avi` }
  await using bridge = await startBridge(await writeBench({ devices: { square: file } }))
  const page = await open(bridge.ready.url)
  await expectLive(page, 'square')
  const width = await page.locator('video').evaluate((video) => (video as HTMLVideoElement).videoWidth)
  expect(width).toBe(768)
})

it('serves two browsers from one camera with one encoder, and lists both', async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide: sim } }))
  const [one, two] = await Promise.all([open(bridge.ready.url), open(bridge.ready.url)])
  await expectLive(one, 'slide')
  await expectLive(two, 'slide')
  const hosts = (await childrenOf(bridge.pid)).filter(({ command }) => command.includes('camera/host'))
  expect(hosts).toHaveLength(1)
  using client = await Client.connect(bridge.ready.url)
  const { snapshot } = await client.call('topic.read', { topic: 'camera/slide' })
  expect(Object.keys(snapshot['viewers'] as object)).toHaveLength(2)
  expect((snapshot['rates'] as { encodeFps: number }).encodeFps).toBeLessThan(36)
  await expect.poll(() => one.getByTestId('camera-viewers').textContent()).toContain('2')
  await two.close()
  await expect.poll(() => one.getByTestId('camera-viewers').textContent()).toContain('1')
})

it("survives the death of the camera's process without a reload", async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide: sim } }))
  const page = await open(bridge.ready.url)
  await expectLive(page, 'slide')
  await page.evaluate(() => ((window as { notReloaded?: boolean }).notReloaded = true))
  process.kill(await childOf(bridge.pid, 'camera/host'), 'SIGKILL')
  await page.waitForTimeout(500)
  await expectLive(page, 'slide')
  expect(await page.evaluate(() => (window as { notReloaded?: boolean }).notReloaded)).toBe(true)
})

it('has everybody watching again within 3 s of the death of a mediasoup worker', async () => {
  await using bridge = await startBridge(
    await writeBench({ media: { port: 0, workers: 1 }, devices: { slide: sim } }),
  )
  const [one, two] = await Promise.all([open(bridge.ready.url), open(bridge.ready.url)])
  await expectLive(one, 'slide')
  await expectLive(two, 'slide')
  process.kill(await childOf(bridge.pid, 'mediasoup-worker'), 'SIGKILL')
  await one.waitForTimeout(300)
  await Promise.all([expectLive(one, 'slide', 3000), expectLive(two, 'slide', 3000)])
})

it('comes back by itself, picture and all, when the bridge is killed and started again', async () => {
  const file = await writeBench({ devices: { slide: sim } })
  const first = await startBridge(file)
  const page = await open(first.ready.url)
  await expectLive(page, 'slide')
  await expectAttribute(page, 'connection-state', 'data-state', 'connected')
  await first.end('SIGKILL')
  await expectAttribute(page, 'connection-state', 'data-state', /reconnecting|offline/)
  await using second = await startBridge(file, first.ready.port)
  expect(second.running).toBe(true)
  await expectAttribute(page, 'connection-state', 'data-state', 'connected')
  await expectLive(page, 'slide')
})

it('leaves no camera and no worker behind when the bridge is killed', async () => {
  const bridge = await startBridge(await writeBench({ devices: { slide: sim } }))
  const children = await childrenOf(bridge.pid)
  expect(children.length).toBeGreaterThan(1)
  await bridge.end('SIGKILL')
  await expect
    .poll(() => children.filter(({ pid }) => isAlive(pid)).map(({ command }) => command), { timeout: 5000 })
    .toEqual([])
})
