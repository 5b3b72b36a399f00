import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { chromiumForFile, expectLive, takeControl } from './rig.ts'

const { open, openForFile } = chromiumForFile()
let bridge: Awaited<ReturnType<typeof startBridge>>

beforeAll(async () => {
  const slide = { driver: 'camera.sim', width: 640, height: 480, fps: 15 }
  bridge = await startBridge(await writeBench({ devices: { slide } }))
})
afterAll(() => bridge.end())

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
  const shut = await open(bridge.ready.url)
  await firewall(shut, ' tcp ')
  await expectLive(shut, 'slide', 20_000)
  await shut.getByTestId('camera-viewers').click()
  await expect.poll(() => shut.getByTestId('viewers-dialog').innerText()).toContain('tcp 127.0.0.1')
})

it('shows pictures over the socket where no video comes through, and says why', async () => {
  const shut = await open(bridge.ready.url)
  await firewall(shut, 'no candidate has this')
  const note = shut.getByTestId('camera-way')
  await expect.poll(() => note.innerText(), { timeout: 30_000 }).toContain('Pictures instead of video')
  const print = (): Promise<string> =>
    shut.locator('[data-testid=camera-slide] .stage > canvas').evaluate((canvas) => {
      const context = (canvas as HTMLCanvasElement).getContext('2d')
      return Array.from(context?.getImageData(0, 0, 64, 64).data ?? []).join()
    })
  const before = await print()
  await expect.poll(print).not.toBe(before)
  await shut.getByTestId('camera-viewers').click()
  await expect.poll(() => shut.getByTestId('viewers-dialog').innerText()).toContain('JPEG')
})

describe('two browsers', () => {
  let page: Page
  let other: Page

  beforeAll(async () => {
    ;[page, other] = await Promise.all([openForFile(bridge.ready.url), openForFile(bridge.ready.url)])
  })
  afterAll(() => Promise.all([page.context().close(), other.context().close()]))

  it('show half quality where somebody asks for it, and leave the other its own', async () => {
    await expectLive(page, 'slide')
    const widthOf = (which: Page): Promise<number> =>
      which.locator('video').evaluate((video) => (video as HTMLVideoElement).videoWidth)
    await page.getByTestId('camera-viewers').click()
    await page.getByLabel('Quality on this page').selectOption('half')
    await expect.poll(() => widthOf(page)).toBe(320)
    await expect.poll(() => page.getByTestId('camera-way').innerText()).toContain('Half quality')
    await page.keyboard.press('Escape')
    await expectLive(page, 'slide')
    await expect.poll(() => widthOf(other)).toBe(640)
  })

  it('show what somebody points at in the other, for as long as they do', async () => {
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
    expect(
      ((place?.x ?? 0) + (place?.width ?? 0) / 2 - (picture?.x ?? 0)) / (picture?.width ?? 1),
    ).toBeCloseTo(0.25, 1)
    await page.mouse.up()
    await mark.waitFor({ state: 'detached' })
  })

  it("lead whoever follows to where the operator's page goes", async () => {
    await takeControl(page)
    await other.getByTestId('follow-operator').click()
    await page.evaluate(() => (window.location.hash = '#/traces'))
    await expect.poll(() => other.evaluate(() => window.location.hash)).toBe('#/traces')
    await page.evaluate(() => (window.location.hash = '#/audit'))
    await expect.poll(() => other.evaluate(() => window.location.hash)).toBe('#/audit')
    await other.evaluate(() => (window.location.hash = '#/'))
    await expect.poll(() => other.getByTestId('follow-operator').innerText()).toBe('Follow')
  })
})
