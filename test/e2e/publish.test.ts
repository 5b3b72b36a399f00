import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { chromiumLaunch } from '../support/browser.ts'
import { Client } from '../support/socket.ts'
import { DESK, expectAttribute, expectLive, PHONE } from './rig.ts'

const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']

let publisher: Browser
let viewer: Browser
let bridge: Awaited<ReturnType<typeof startBridge>>

beforeAll(async () => {
  const devices = { guest: { driver: 'camera.whip', title: 'Guest', bitrateKbps: 1500 } }
  bridge = await startBridge(await writeBench({ devices }))
  publisher = await chromium.launch({
    ...chromiumLaunch,
    args: [...(chromiumLaunch.args ?? []), ...FAKE_CAMERA],
  })
  viewer = await chromium.launch(chromiumLaunch)
})

afterAll(async () => {
  await publisher.close()
  await viewer.close()
  await bridge.end()
})

async function open(browser: Browser, path: string, viewport = DESK): Promise<Page> {
  const page = await (await browser.newContext({ viewport })).newPage()
  await page.goto(bridge.ready.url + path)
  return page
}

/** A player that knows nothing of the bench but WHEP's address, and shows only what comes by these candidates. */
function play(page: Page, kinds: 'all' | 'tcp'): Promise<{ frames: number; protocol: string }> {
  return page.evaluate(async (kinds) => {
    const connection = new RTCPeerConnection()
    connection.addTransceiver('audio', { direction: 'recvonly' })
    const { receiver } = connection.addTransceiver('video', { direction: 'recvonly' })
    await connection.setLocalDescription()
    const answer = await fetch('/whep/guest', {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: connection.localDescription?.sdp ?? '',
    })
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`)
    const sdp = await answer.text()
    const kept = kinds === 'all' ? sdp : sdp.replaceAll(/a=candidate:\S+ 1 udp .*\r\n/g, '')
    await connection.setRemoteDescription({ type: 'answer', sdp: kept })
    const video = document.createElement('video')
    video.muted = true
    video.srcObject = new MediaStream([receiver.track])
    await video.play()
    const shown = (): number => video.getVideoPlaybackQuality().totalVideoFrames
    const end = performance.now() + 10_000
    while (shown() < 10 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50))
    const stats = [...((await connection.getStats()) as Map<string, Record<string, unknown>>).values()]
    const byId = (id: unknown) => stats.find((each) => each['id'] === id)
    const transport = stats.find(({ type }) => type === 'transport')
    const pair = byId(transport?.['selectedCandidatePairId'])
    const protocol = byId(pair?.['remoteCandidateId'])?.['protocol']
    const frames = shown()
    await fetch(answer.headers.get('location') ?? '', { method: 'DELETE' })
    connection.close()
    return { frames, protocol: String(protocol) }
  }, kinds)
}

describe('publishing from a browser', { timeout: 60_000 }, () => {
  it('is seen on the bench and by a player of WHEP, by TCP too where UDP is shut, and ends when the tab is lost', async () => {
    const watching = await open(viewer, '/')
    const slate = watching.getByTestId('camera-guest').getByText('Nobody is publishing')
    await slate.waitFor()
    const page = await open(publisher, '/#/publish/guest', PHONE)
    await page.getByTestId('publish-preview').click()
    await page.getByTestId('publish-start').click()
    // A browser whose disk is busy takes its time with a first connection.
    await expectAttribute(page, 'publish-page', 'data-phase', 'live', 30_000)
    await expect.poll(() => page.getByTestId('publish-figures').textContent()).toMatch(/\d+ fps, \d+\s+kbps/)
    await expectLive(watching, 'guest')

    using client = await Client.connect(bridge.ready.url)
    const { snapshot } = await client.call('topic.read', { topic: 'camera/guest' })
    expect(snapshot).toMatchObject({ publication: { codec: 'h264' }, inlet: { by: { codec: 'h264' } } })
    // Its process may be at its beginning, or begin anew with the size that the browser settles for.
    const still = (): Promise<unknown> =>
      client.call('camera.still', { device: 'guest', format: 'jpeg' }).catch((error: unknown) => error)
    await expect.poll(still, { timeout: 20_000 }).toMatchObject({ kind: 'still', format: 'jpeg' })

    const player = await open(viewer, '/health')
    const any = await play(player, 'all')
    expect(any).toMatchObject({ protocol: 'udp' })
    expect(any.frames).toBeGreaterThanOrEqual(10)
    const overTcp = await play(player, 'tcp')
    expect(overTcp).toMatchObject({ protocol: 'tcp' })
    expect(overTcp.frames).toBeGreaterThanOrEqual(10)

    // Killed, as by a phone that wants the memory: nothing is said any more.
    await page.close()
    await slate.waitFor({ timeout: 20_000 })
  })

  it('says why there is no camera where the page is not served securely', async () => {
    const page = await (await viewer.newContext()).newPage()
    await page.addInitScript(() => Object.defineProperty(window, 'isSecureContext', { value: false }))
    await page.goto(`${bridge.ready.url}/#/publish/guest`)
    await page.getByText('over https:// alone').waitFor()
    expect(await page.getByTestId('publish-preview').isDisabled()).toBe(true)
  })
})
