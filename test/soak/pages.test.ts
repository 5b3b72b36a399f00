import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { median, progress, rounded } from '../bench/statistics.ts'
import { launchChromium } from '../support/browser.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { childrenOf } from '../support/children.ts'
import { residentMiB } from '../support/memory.ts'
import { chart } from './chart.ts'

const USUAL_MINUTES = 20
const MINUTES = Number(process.env['SOAK_MINUTES'] ?? USUAL_MINUTES)
const LOOK_EVERY_MS = 5000
const MOST_PAGES = 3
const KILL_EVERY_LOOKS = 24
const PICTURE = new URL('../../docs/soak.svg', import.meta.url)

/** What is seen every 5 s: MiB of the bridge, of its workers and of its camera's process; ms from made to shown. */
interface Look {
  minute: number
  bridge: number
  workers: number
  camera: number
  latency: number
}

/** What a process may hold at the end: garbage that is due to be collected is no leak. */
const mostMiB = (first: number): number => first * 1.2 + 10
/** Of a median over two minutes; a queue that builds up adds whole pictures, and seconds in the end. */
const mostMs = (first: number): number => first + 50

it('neither grows nor slows down while pages come, leave and crash, and processes are killed', async () => {
  const slide = { driver: 'camera.sim', width: 640, height: 480, fps: 15 }
  await using bridge = await startBridge(await writeBench({ devices: { slide } }))
  const browser = await launchChromium()
  try {
    const steady = await openPage(browser, bridge.ready.url)
    const guests: Page[] = []
    const looks: Look[] = []
    const counts = { joins: 0, leaves: 0, crashes: 0, kills: 0 }
    const begun = performance.now()
    for (let n = 0; performance.now() - begun < MINUTES * 60_000; n++) {
      await sleep(LOOK_EVERY_MS)
      await comeAndGo(browser, bridge.ready.url, guests, counts, n)
      if (n % KILL_EVERY_LOOKS === KILL_EVERY_LOOKS - 1) {
        await kill(
          bridge.pid,
          Math.floor(n / KILL_EVERY_LOOKS) % 2 === 0 ? 'camera/process/host.ts' : 'mediasoup-worker',
        )
        counts.kills += 1
        continue
      }
      const minute = (performance.now() - begun) / 60_000
      looks.push({ minute, ...(await memoryOf(bridge.pid)), latency: await latencyOf(steady) })
      if (n % 12 === 0) progress(JSON.stringify(looks.at(-1)))
    }
    if (MINUTES >= USUAL_MINUTES) await writeFile(PICTURE, chart(looks))
    const { bridge: own, workers, camera, latency } = compare(looks)
    progress(JSON.stringify({ minutes: MINUTES, ...counts, bridge: own, workers, camera, latency }))
    for (const each of [own, workers, camera]) expect(each.last).toBeLessThan(mostMiB(each.first))
    expect(latency.last).toBeLessThan(mostMs(latency.first))
  } finally {
    await browser.close()
  }
})

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 800, height: 600 } })
  await page.goto(url)
  await page.locator('[data-testid=camera-slide][data-phase=live]').waitFor()
  return page
}

async function comeAndGo(
  browser: Browser,
  url: string,
  guests: Page[],
  counts: { joins: number; leaves: number; crashes: number },
  turn: number,
): Promise<void> {
  if (guests.length < MOST_PAGES && turn % 2 === 0) {
    // A page that comes while a process is down sees no picture within its time: it has come all the same.
    const page = await openPage(browser, url).catch(() => undefined)
    if (page) guests.push(page)
    counts.joins += 1
    return
  }
  const page = guests.shift()
  if (!page) return
  if (turn % 3 === 0) {
    await page.goto('chrome://crash', { timeout: 2000 }).catch(() => undefined)
    counts.crashes += 1
  } else counts.leaves += 1
  await page.context().close()
}

async function kill(bridge: number, part: string): Promise<void> {
  const child = (await childrenOf(bridge)).find(({ command }) => command.includes(part))
  if (child) process.kill(child.pid, 'SIGKILL')
}

async function memoryOf(bridge: number): Promise<Pick<Look, 'bridge' | 'workers' | 'camera'>> {
  const children = await childrenOf(bridge)
  const sum = async (part: string): Promise<number> => {
    const sizes = await Promise.all(
      children
        .filter(({ command }) => command.includes(part))
        .map(({ pid }) => residentMiB(pid).catch(() => 0)),
    )
    return rounded(sizes.reduce((all, one) => all + one, 0))
  }
  return {
    bridge: rounded(await residentMiB(bridge)),
    workers: await sum('mediasoup-worker'),
    camera: await sum('camera/process/host.ts'),
  }
}

/** As the page itself shows it; NaN while it has no picture. */
async function latencyOf(page: Page): Promise<number> {
  return parseFloat((await page.getByTestId('camera-latency').innerText()).replace(/[^\d.]/g, '') || 'NaN')
}

type Course = Record<Exclude<keyof Look, 'minute'>, { first: number; last: number }>

/** Medians of the second and third minute, and of the last two. */
function compare(looks: Look[]): Course {
  const of = (key: keyof Course, from: number, to: number): number =>
    rounded(
      median(
        looks
          .filter(({ minute }) => minute >= from && minute < to)
          .map((look) => look[key])
          .filter((value) => Number.isFinite(value)),
      ),
    )
  const both = (key: keyof Course): { first: number; last: number } => ({
    first: of(key, 1, 3),
    last: of(key, MINUTES - 2, MINUTES + 1),
  })
  return {
    bridge: both('bridge'),
    workers: both('workers'),
    camera: both('camera'),
    latency: both('latency'),
  }
}
