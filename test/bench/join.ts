import { launchChromium } from '../support/browser.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { clickToPicture } from './click-to-picture.ts'
import { median, percentile, progress, rounded } from './statistics.ts'

const JOINS = 25
/** Every so many joins, nobody has watched for long enough that the encoder sleeps. */
const COLD_EVERY = 5
const COLD_PAUSE_MS = 4000
const WARM_PAUSE_MS = 500

/** From the click on Watch to the first picture in Chromium, in ms: of 25 joins, one in five of which wakes the encoder. */
export async function measure(): Promise<{ p50: number; p95: number }> {
  const camera = { driver: 'camera.sim', width: 640, height: 480, fps: 30 }
  await using bridge = await startBridge(await writeBench({ devices: { camera } }))
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    await page.goto(bridge.ready.url)
    await page.locator('[data-testid=camera-camera][data-phase=live]').waitFor()
    const warm: number[] = []
    const cold: number[] = []
    for (let join = 1; join <= JOINS; join++) {
      const isCold = join % COLD_EVERY === 0
      const ms = await page.evaluate(clickToPicture, isCold ? COLD_PAUSE_MS : WARM_PAUSE_MS)
      ;(isCold ? cold : warm).push(ms)
      await page.waitForTimeout(300)
    }
    progress(
      `with the encoder awake ${rounded(median(warm))} ms, asleep ${rounded(median(cold))} ms (medians)`,
    )
    const all = [...warm, ...cold]
    return { p50: rounded(median(all)), p95: rounded(percentile(all, 0.95)) }
  } finally {
    await browser.close()
  }
}
