import { setTimeout as sleep } from 'node:timers/promises'
import { launchChromium } from '../support/browser.ts'
import { median, progress, rounded } from './statistics.ts'

/** How smooth a page is. */
export interface Smoothness {
  /** Frames that it draws in a second: the median second, and the worst. */
  framesPerSecond: number
  leastFramesPerSecond: number
  /** Tasks that hold it up for more than 50 ms, of which the longest takes so long (0 when there are none). */
  longTasks: number
  longestTaskMs: number
}

interface Noted {
  frames: number[]
  tasks: number[]
}

/** Opens a page in Chromium, lets it settle, and measures how smooth it is while it does what it does. */
export async function smoothnessOf(url: string, settleMs: number, measureMs: number): Promise<Smoothness> {
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(url)
    await page.getByRole('grid').waitFor()
    await sleep(settleMs)
    await page.evaluate(() => {
      const noted: Noted = { frames: [], tasks: [] }
      const frame = (at: number): void => {
        noted.frames.push(at)
        requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
      const watching = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) noted.tasks.push(duration)
      })
      watching.observe({ entryTypes: ['longtask'] })
      Object.assign(window, { noted })
    })
    await sleep(measureMs)
    const { frames, tasks } = await page.evaluate(() => (window as unknown as { noted: Noted }).noted)
    const begin = frames[0] ?? 0
    const seconds = new Array<number>(Math.floor(((frames.at(-1) ?? 0) - begin) / 1000)).fill(0)
    for (const at of frames) {
      const second = Math.floor((at - begin) / 1000)
      if (second < seconds.length) seconds[second] = (seconds[second] ?? 0) + 1
    }
    const smooth = {
      framesPerSecond: rounded(median(seconds)),
      leastFramesPerSecond: rounded(Math.min(...seconds)),
      longTasks: tasks.length,
      longestTaskMs: rounded(Math.max(0, ...tasks)),
    }
    progress(JSON.stringify(smooth))
    return smooth
  } finally {
    await browser.close()
  }
}
