import { expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { chromiumForFile, expectLive, takeControl } from './rig.ts'

const { open } = chromiumForFile()
const slide = { driver: 'camera.sim', width: 640, height: 480, fps: 15 }

/** Without the older form with callbacks, which nobody calls. */
interface Settable {
  setRemoteDescription: (this: Settable, description: RTCSessionDescriptionInit) => Promise<void>
}

/** Lets the page see only those of the SFU's ICE candidates that have this in their line: what a firewall does. */
async function firewall(page: Page, allowed: string): Promise<void> {
  await page.addInitScript((word) => {
    const { prototype } = RTCPeerConnection as unknown as { prototype: Settable }
    const set = prototype.setRemoteDescription
    prototype.setRemoteDescription = function (description) {
      const isBlocked = (line: string): boolean => line.startsWith('a=candidate') && !line.includes(word)
      const sdp = (description.sdp ?? '').split('\r\n').filter((line) => !isBlocked(line))
      return set.call(this, { type: description.type, sdp: sdp.join('\r\n') })
    }
  }, allowed)
  await page.reload()
}

it('shows the video over TCP where UDP does not come through, and says so', async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide } }))
  const page = await open(bridge.ready.url)
  await firewall(page, ' tcp ')
  await expectLive(page, 'slide', 20_000)
  await page.getByTestId('camera-viewers').click()
  await expect.poll(() => page.getByTestId('viewers-dialog').innerText()).toContain('tcp 127.0.0.1')
})

it('shows pictures over the socket where no video comes through, and says why', async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide } }))
  const page = await open(bridge.ready.url)
  await firewall(page, 'no candidate has this')
  const note = page.getByTestId('camera-way')
  await expect.poll(() => note.innerText(), { timeout: 30_000 }).toContain('Pictures instead of video')
  const print = (): Promise<string> =>
    page.locator('[data-testid=camera-slide] .stage > canvas').evaluate((canvas) => {
      const context = (canvas as HTMLCanvasElement).getContext('2d')
      return Array.from(context?.getImageData(0, 0, 64, 64).data ?? []).join()
    })
  const before = await print()
  await expect.poll(print).not.toBe(before)
  await page.getByTestId('camera-viewers').click()
  await expect.poll(() => page.getByTestId('viewers-dialog').innerText()).toContain('JPEG')
})

it('shows half quality to who asks for it, and leaves the others theirs', async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide } }))
  const [page, other] = await Promise.all([open(bridge.ready.url), open(bridge.ready.url)])
  await expectLive(page, 'slide')
  const widthOf = (which: Page): Promise<number> =>
    which.locator('video').evaluate((video) => (video as HTMLVideoElement).videoWidth)
  await page.getByTestId('camera-viewers').click()
  await page.getByLabel('Quality on this page').selectOption('half')
  await expect.poll(() => widthOf(page)).toBe(320)
  await expect.poll(() => page.getByTestId('camera-way').innerText()).toContain('Half quality')
  await expectLive(page, 'slide')
  await expect.poll(() => widthOf(other)).toBe(640)
})

it('shows everybody what somebody points at, for as long as they do', async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide } }))
  const [page, other] = await Promise.all([open(bridge.ready.url), open(bridge.ready.url)])
  await expectLive(other, 'slide')
  const layer = page.getByTestId('pointer-layer')
  const box = await layer.boundingBox()
  if (!box) throw new Error('the picture is not on the page')
  await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.5)
  await page.mouse.down()
  const mark = other.getByTestId('pointer-mark')
  await mark.waitFor()
  const place = await mark.boundingBox()
  const picture = await other.getByTestId('pointer-layer').boundingBox()
  expect(((place?.x ?? 0) + (place?.width ?? 0) / 2 - (picture?.x ?? 0)) / (picture?.width ?? 1)).toBeCloseTo(
    0.25,
    1,
  )
  await page.mouse.up()
  await mark.waitFor({ state: 'detached' })
})

it("leads those who follow to where the operator's page goes", async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide } }))
  const [page, other] = await Promise.all([open(bridge.ready.url), open(bridge.ready.url)])
  await takeControl(page)
  await other.getByTestId('follow-operator').click()
  await page.evaluate(() => (window.location.hash = '#/traces'))
  await expect.poll(() => other.evaluate(() => window.location.hash)).toBe('#/traces')
  await page.evaluate(() => (window.location.hash = '#/audit'))
  await expect.poll(() => other.evaluate(() => window.location.hash)).toBe('#/audit')
  await other.evaluate(() => (window.location.hash = '#/'))
  await expect.poll(() => other.getByTestId('follow-operator').innerText()).toBe('Follow')
})
