import type { Browser } from 'playwright-core'
import type { Codec } from '../../shared/camera/camera.ts'
import { launchChromium } from '../support/browser.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { clickToPicture } from './click-to-picture.ts'
import { agesThroughJanus } from './glass-janus.ts'
import { median, percentile, progress, rounded } from './statistics.ts'
import { addTimeReader, agesOfVideo, type TimeReader } from './time-reader.ts'

const WATCH_MS = 4000
/** Ours and Janus in turns: what else the machine does meets both. */
const ROUNDS = 2
const SETTLE_MS = 1500
const JOINS = 3
const PAUSE_MS = 700

interface Latency {
  p50: number
  p95: number
}

/**
 * From a frame made (its time drawn into it as the last thing) to the script that reads its pixels in Chromium, in ms,
 * and from the click on Watch to the first picture. Two yardsticks: `janus` is the same camera's process feeding Debian's
 * Janus in the same run, watched by a page that shows each picture at once; `mjpeg` is MJPEG over HTTP.
 */
export async function measure(): Promise<{
  h264: Latency & { join: number }
  wrtc: Latency & { join: number }
  mjpeg: Latency
  janus: Latency
}> {
  const browser = await launchChromium()
  try {
    const ours: Watched = { ages: [], joins: [] }
    const theirs: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const { ages, joins } = await watch(browser, 'h264')
      ours.ages.push(...ages)
      ours.joins.push(...joins)
      theirs.push(...(await agesThroughJanus(browser, WATCH_MS)))
    }
    const wrtc = await watch(browser, 'vp8')
    return {
      h264: { ...summary('h264', ours.ages), join: rounded(median(ours.joins)) },
      wrtc: { ...summary('vp8', wrtc.ages), join: rounded(median(wrtc.joins)) },
      mjpeg: await watchMjpeg(browser),
      janus: summary('janus', theirs),
    }
  } finally {
    await browser.close()
  }
}

function bench(codec: Codec): Promise<string> {
  return writeBench({
    devices: { camera: { driver: 'camera.sim', width: 640, height: 480, fps: 30, codec, timeCode: true } },
  })
}

/** The ages of pictures and the times from click to picture, in ms. */
interface Watched {
  ages: number[]
  joins: number[]
}

async function watch(browser: Browser, codec: Codec): Promise<Watched> {
  await using bridge = await startBridge(await bench(codec))
  const page = await browser.newPage()
  await page.goto(bridge.ready.url)
  await page.locator('[data-testid=camera-camera] video').waitFor()
  await page.waitForTimeout(SETTLE_MS)
  await addTimeReader(page)
  const joins: number[] = []
  for (let n = 0; n < JOINS; n++) {
    joins.push(await page.evaluate(clickToPicture, PAUSE_MS))
    progress(`${codec}: picture ${rounded(joins.at(-1) ?? NaN)} ms after the click`)
    await page.waitForTimeout(500)
  }
  const ages = await page.evaluate(agesOfVideo, WATCH_MS)
  await page.close()
  return { ages, joins }
}

async function watchMjpeg(browser: Browser): Promise<Latency> {
  await using bridge = await startBridge(await bench('h264'))
  const page = await browser.newPage()
  await page.goto(`${bridge.ready.url}/health`)
  await page.waitForTimeout(SETTLE_MS)
  await addTimeReader(page)
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

/** Runs in the page: the same of an MJPEG image, looked at in every animation frame; each picture counts once, when it is first seen. */
async function agesOfImage(ms: number): Promise<number[]> {
  const { lightbenchTimeOf } = window as unknown as TimeReader
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
