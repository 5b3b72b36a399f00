import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import type { Codec } from '../../shared/camera.ts'
import { launchChromium } from '../support/browser.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { median, percentile, progress, rounded } from './statistics.ts'

const WATCH_MS = 8000
const SETTLE_MS = 1500
const JOINS = 5

interface Latency {
  p50: number
  p95: number
}

/**
 * From a frame made (its time drawn into it as the last thing) to the script that reads its pixels in Chromium, in ms,
 * and from the click on Watch to the first picture. `mjpeg`, the yardstick, is the same frames as MJPEG over HTTP.
 */
export async function measure(): Promise<{
  h264: Latency & { join: number }
  wrtc: Latency & { join: number }
  mjpeg: Latency
}> {
  const browser = await launchChromium()
  try {
    const h264 = await watch(browser, 'h264')
    const mjpeg = await watchMjpeg(browser)
    const wrtc = await watch(browser, 'vp8')
    return { h264, wrtc, mjpeg }
  } finally {
    await browser.close()
  }
}

function bench(codec: Codec): Promise<string> {
  return writeBench({
    devices: { camera: { driver: 'camera.sim', width: 640, height: 480, fps: 30, codec, timeCode: true } },
  })
}

async function watch(browser: Browser, codec: Codec): Promise<Latency & { join: number }> {
  await using bridge = await startBridge(await bench(codec))
  const page = await browser.newPage()
  await page.goto(bridge.ready.url)
  await page.locator('[data-testid=camera-camera] video').waitFor()
  await page.waitForTimeout(SETTLE_MS)
  await addReader(page)
  const joins: number[] = []
  for (let n = 0; n < JOINS; n++) {
    joins.push(await page.evaluate(clickToPicture))
    progress(`${codec}: picture ${rounded(joins.at(-1) ?? NaN)} ms after the click`)
    await page.waitForTimeout(500)
  }
  const ages = await page.evaluate(agesOfVideo, WATCH_MS)
  await page.close()
  return { ...summary(codec, ages), join: rounded(median(joins)) }
}

async function watchMjpeg(browser: Browser): Promise<Latency> {
  await using bridge = await startBridge(await bench('h264'))
  const page = await browser.newPage()
  await page.goto(`${bridge.ready.url}/health`)
  await page.waitForTimeout(SETTLE_MS)
  await addReader(page)
  const ages = await page.evaluate(agesOfImage, WATCH_MS)
  await page.close()
  return summary('mjpeg', ages)
}

function summary(what: string, ages: number[]): Latency {
  progress(`${what}: ${ages.length} pictures with a time that could be read`)
  if (ages.length < 100)
    throw new Error(`${what}: ${ages.length} pictures in ${WATCH_MS} ms are too few to measure`)
  return { p50: rounded(median(ages)), p95: rounded(percentile(ages, 0.95)) }
}

interface Reader {
  /** When the time in this picture was, in ms since the epoch; undefined when there is none. */
  lightbenchTimeOf: (picture: CanvasImageSource) => number | undefined
}

/** Puts the product's own time code reader into the page, as the global `lightbenchTimeOf`. */
async function addReader(page: Page): Promise<void> {
  const source = await readFile(new URL('../../shared/timecode.ts', import.meta.url), 'utf8')
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

/** Runs in the page: stops watching, then clicks Watch. Answers the ms to the first picture. */
async function clickToPicture(): Promise<number> {
  const button = document.querySelector<HTMLButtonElement>('[data-testid=camera-watch]')
  if (!button) throw new Error('there is no Watch button')
  button.click()
  await new Promise((resolve) => setTimeout(resolve, 700))
  const begun = performance.now()
  button.click()
  for (;;) {
    const video = document.querySelector('video')
    if (video?.srcObject) {
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve))
      return performance.now() - begun
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Runs in the page: the ages of the pictures that the video shows for `ms`, at the moment they can be read. */
async function agesOfVideo(ms: number): Promise<number[]> {
  const { lightbenchTimeOf } = window as unknown as Reader
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

/** Runs in the page: the same of an MJPEG image, looked at in every animation frame; each picture counts once, when it is first seen. */
async function agesOfImage(ms: number): Promise<number[]> {
  const { lightbenchTimeOf } = window as unknown as Reader
  const image = document.createElement('img')
  image.src = '/api/cameras/camera/mjpeg'
  document.body.append(image)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const ages: number[] = []
  let last: number | undefined
  const until = performance.now() + ms
  while (performance.now() < until) {
    await new Promise(requestAnimationFrame)
    const now = performance.timeOrigin + performance.now()
    const made = lightbenchTimeOf(image)
    if (made === undefined || made === last) continue
    last = made
    ages.push(now - made)
  }
  image.remove()
  return ages
}
