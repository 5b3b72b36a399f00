import { expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { chromiumForFile, expectAttribute, expectLive } from './rig.ts'

const { open } = chromiumForFile()

const sim = { driver: 'camera.sim', title: 'Slide', width: 640, height: 480 }

it('takes a still and a recording, shows both in the gallery, and plays, renames and deletes', async () => {
  await using bridge = await startBridge(await writeBench({ devices: { slide: sim } }))
  const page = await open(bridge.ready.url)
  await expectLive(page, 'slide')
  const capture = page.getByTestId('capture')
  await capture.getByTestId('still-take').click()
  await expect.poll(() => capture.textContent()).toContain('Still kept')
  await capture.getByTestId('record-toggle').click()
  await expectAttribute(page, 'recording', 'data-phase', 'running')
  await expect.poll(() => page.getByTestId('recording').textContent()).toMatch(/0:0[2-9] · .* left/)
  await capture.getByTestId('record-toggle').click()
  await expect.poll(() => capture.textContent()).toContain('Recording kept')
  await capture.getByRole('link', { name: 'Gallery' }).click()

  const cards = page.getByTestId('media-card')
  await expect.poll(() => cards.count()).toBe(2)
  const pictures = (): Promise<boolean[]> =>
    cards
      .locator('img')
      .evaluateAll((all) => all.map((img) => (img as HTMLImageElement).naturalWidth === 320))
  await expect.poll(pictures).toEqual([true, true])
  await expect.poll(() => page.getByTestId('gallery-storage').textContent()).toContain('2 files')

  await page.locator('[data-kind=recording]').click()
  const video = page.getByTestId('media-video')
  const played = (): Promise<{ time: number; length: number; wide: number }> =>
    video.evaluate((element) => {
      const { currentTime, duration, videoWidth } = element as HTMLVideoElement
      return { time: currentTime, length: duration, wide: videoWidth }
    })
  await expect.poll(async () => (await played()).time).toBeGreaterThan(0.5)
  expect(await played()).toMatchObject({ wide: 640 })
  expect((await played()).length).toBeGreaterThan(1.5)
  await page.getByRole('textbox', { name: 'Name' }).fill('Cell 4')
  await page.getByRole('textbox', { name: 'Tags' }).fill('wafer 4, keep')
  await page.getByTestId('media-edit').getByRole('button', { name: 'Save' }).click()
  await expect.poll(() => page.getByTestId('media-viewer').getByRole('heading').textContent()).toBe('Cell 4')
  const download = page.waitForEvent('download')
  await page.getByTestId('media-download').click()
  expect((await download).suggestedFilename()).toBe('Cell 4.mp4')

  // From the recording to the still before it, which no browser shows as it is.
  await page.keyboard.press('Escape')
  await page.locator('[data-kind=still]').click()
  const still = page.getByTestId('media-image')
  await expect.poll(() => still.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBe(640)
  await page.getByTestId('media-remove').click()
  await page.getByTestId('confirm').getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => cards.count()).toBe(1)
  await expect
    .poll(async () => {
      await page.keyboard.press('Escape')
      return page.getByTestId('media-viewer').isVisible()
    })
    .toBe(false)
  await page.getByRole('button', { name: /^wafer 4/ }).click()
  await expect.poll(() => cards.count()).toBe(1)
  await page.getByTestId('gallery-search').fill('nothing like it')
  await expect.poll(() => cards.count()).toBe(0)
})
