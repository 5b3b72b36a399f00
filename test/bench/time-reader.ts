import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import type { Page } from 'playwright-core'

/** What `addTimeReader` puts on a page's window. */
export interface TimeReader {
  /** When the time in this picture was, in ms since the epoch; undefined when there is none. */
  lightbenchTimeOf: (picture: CanvasImageSource) => number | undefined
}

/** Puts the product's own time code reader into the page, as the global `lightbenchTimeOf`. */
export async function addTimeReader(page: Page): Promise<void> {
  const source = await readFile(new URL('../../shared/camera/timecode.ts', import.meta.url), 'utf8')
  // Not as a script of the page: its content security policy runs none but its own.
  await page.evaluate(`(() => { ${stripTypeScriptTypes(source).replaceAll('export ', '')}
      const canvas = new OffscreenCanvas(TIME_CODE_MIN.width, 24)
      const context = canvas.getContext('2d', { willReadFrequently: true })
      window.lightbenchTimeOf = (picture) => {
        context.drawImage(picture, 0, 0, canvas.width, canvas.height, 0, 0, canvas.width, canvas.height)
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
        return readTimeCode((x, y) => data[(y * canvas.width + x) * 4 + 1], Date.now())
      } })()`)
}

/** Runs in the page: the ages of the pictures that the video shows for `ms`, at the moment they can be read. */
export async function agesOfVideo(ms: number): Promise<number[]> {
  const { lightbenchTimeOf } = window as unknown as TimeReader
  const video = document.querySelector('video')
  if (!video) throw new Error('there is no video')
  const ages: number[] = []
  const until = performance.now() + ms
  while (performance.now() < until) {
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve))
    const now = performance.timeOrigin + performance.now()
    const made = lightbenchTimeOf(video)
    if (made !== undefined) ages.push(now - made)
  }
  return ages
}
