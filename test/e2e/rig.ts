import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { launchChromium } from '../support/browser.ts'

interface Viewport {
  width: number
  height: number
}

export const DESK: Viewport = { width: 1440, height: 900 }
export const PHONE: Viewport = { width: 390, height: 844 }

/** Opens the page in a context of its own. */
type Open = (url: string, viewport?: Viewport) => Promise<Page>

/** One Chromium for a file of tests. What `open` opens is closed with its test, what `openForFile` does with the file. */
export function chromiumForFile(): { open: Open; openForFile: Open } {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
  })
  const openForFile: Open = async (url, viewport = DESK) => {
    const context = await browser.newContext({ viewport })
    const page = await context.newPage()
    await page.goto(url)
    return page
  }
  return {
    openForFile,
    async open(...where) {
      const page = await openForFile(...where)
      // Pages that nobody looks at any more would go on playing, and looking for their bridge.
      onTestFinished(() => page.context().close())
      return page
    },
  }
}

/** What a camera's tile really shows: frames that came, and a fingerprint of the picture. */
export async function picture(page: Page, camera: string): Promise<{ frames: number; print: string }> {
  return page.locator(`[data-testid=camera-${camera}] video`).evaluate((element) => {
    const video = element as HTMLVideoElement
    const canvas = new OffscreenCanvas(32, 24)
    const context = canvas.getContext('2d')
    context?.drawImage(video, 0, 0, 32, 24)
    const { data } = context?.getImageData(0, 0, 32, 24) ?? { data: [] }
    return { frames: video.getVideoPlaybackQuality().totalVideoFrames, print: Array.from(data).join() }
  })
}

/** Waits until the tile shows a picture that moves: the frames advance and their content changes. */
export async function expectLive(page: Page, camera: string, timeout = 10_000): Promise<void> {
  await page.locator(`[data-testid=camera-${camera}] video`).waitFor({ timeout })
  await expect
    .poll(
      async () => {
        const before = await picture(page, camera)
        await page.waitForTimeout(400)
        const after = await picture(page, camera)
        return after.frames - before.frames >= 3 && after.print !== before.print
      },
      { timeout, interval: 100 },
    )
    .toBe(true)
}

/** Waits for an element's attribute, by test id. */
export async function expectAttribute(
  page: Page,
  testId: string,
  name: string,
  value: string | RegExp,
  timeout = 10_000,
): Promise<void> {
  const read = (): Promise<string> =>
    page
      .getByTestId(testId)
      .getAttribute(name, { timeout: 2000 })
      .then(
        (found) => found ?? '',
        () => '',
      )
  const check = expect.poll(read, { timeout })
  await (typeof value === 'string' ? check.toBe(value) : check.toMatch(value))
}

/** Takes the lease, which acting needs. */
export async function takeControl(page: Page): Promise<void> {
  await page.getByTestId('lease-take').click()
  await expectAttribute(page, 'lease-bar', 'data-lease', 'mine')
}

/** Fills in the sweep's form, by the labels of its fields. */
export async function fillSweep(page: Page, values: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await page.getByRole('spinbutton', { name, exact: true }).fill(value)
  }
}
