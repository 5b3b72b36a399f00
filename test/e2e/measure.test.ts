import { readFile } from 'node:fs/promises'
import { chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { chromiumLaunch } from '../support/browser.ts'
import { chromiumForFile, expectAttribute } from './rig.ts'

const [width, height] = [640, 480]
const FULL = 4095
const { open } = chromiumForFile()
let bridge: Awaited<ReturnType<typeof startBridge>>

beforeAll(async () => {
  const camera = { driver: 'camera.sim', width, height, fps: 10, seed: 5, pixelSizeUm: 0.5, title: 'Slide' }
  bridge = await startBridge(await writeBench({ devices: { slide: camera } }))
}, 60_000)
afterAll(() => bridge.end())

async function paused(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.getByText(/Paused .* ago/).waitFor()
}

/** What the canvas shows at a place, px of the page from its corner: red, green, blue. */
async function colourAt(page: Page, x: number, y: number): Promise<number[]> {
  return page
    .getByTestId('measure-stage')
    .locator('canvas')
    .evaluate(
      (element, at) => {
        const canvas = element as HTMLCanvasElement
        const copy = new OffscreenCanvas(1, 1).getContext('2d')!
        const ratio = canvas.width / canvas.clientWidth
        copy.drawImage(canvas, Math.floor(at.x * ratio), Math.floor(at.y * ratio), 1, 1, 0, 0, 1, 1)
        return Array.from(copy.getImageData(0, 0, 1, 1).data.slice(0, 3))
      },
      { x, y },
    )
}

/** Points at a place and reads what is there. */
async function readAt(page: Page, x: number, y: number): Promise<{ x: number; y: number; value: number }> {
  const box = (await page.getByTestId('measure-stage').boundingBox())!
  // The middle of the screen's pixel, whose colour is read elsewhere.
  await page.mouse.move(box.x + x + 0.5, box.y + y + 0.5)
  const read = page.getByTestId('measure-readout')
  await expect.poll(() => read.innerText()).toMatch(/^x \d+, y \d+: \d+$/)
  const [, px, py, value] = /x (\d+), y (\d+): (\d+)/.exec(await read.innerText())!
  return { x: Number(px), y: Number(py), value: Number(value) }
}

async function drag(page: Page, tool: string, from: [number, number], to: [number, number]): Promise<void> {
  await page.getByRole('button', { name: tool, exact: true }).click()
  const box = (await page.getByTestId('measure-stage').boundingBox())!
  await page.mouse.move(box.x + from[0], box.y + from[1])
  await page.mouse.down()
  await page.mouse.move(box.x + to[0], box.y + to[1], { steps: 4 })
  await page.mouse.up()
}

async function settled(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  )
}

async function fill(page: Page, name: string, value: number): Promise<void> {
  await page.getByRole('spinbutton', { name, exact: true }).fill(String(value))
  await settled(page)
}

async function figure(page: Page, testId: string, name: string): Promise<string> {
  return page
    .getByTestId(testId)
    .locator('dt', { hasText: name })
    .locator('xpath=following-sibling::dd[1]')
    .innerText()
}

it('opens from the camera, and shows, measures and saves the very pixels', async () => {
  const page = await open(bridge.ready.url)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.getByTestId('camera-slide').getByRole('link', { name: 'Measure' }).click()
  await expectAttribute(page, 'measure', 'data-frame', /^[1-9]/)
  await expectAttribute(page, 'measure-stage', 'data-painter', 'WebGL2')
  const first = Number(await page.getByTestId('measure').getAttribute('data-frame'))
  await expect
    .poll(async () => Number(await page.getByTestId('measure').getAttribute('data-frame')), {
      timeout: 10_000,
    })
    .toBeGreaterThan(first + 5)
  await paused(page)
  await settled(page)

  // Every value shows as its grey.
  const places = [
    [400, 300],
    [510, 220],
    [333, 411],
  ] as const
  for (const [x, y] of places) {
    const { value } = await readAt(page, x, y)
    expect(value).toBeGreaterThan(100)
    const grey = Math.round((value / FULL) * 255)
    for (const channel of await colourAt(page, x, y)) expect(Math.abs(channel - grey)).toBeLessThanOrEqual(1)
  }

  // Levels: black at the value of one place, white at twice that, and gamma 2.
  const [x, y] = places[0]
  const { value } = await readAt(page, x, y)
  await fill(page, 'White', 2 * value)
  expect((await colourAt(page, x, y))[0]! / 255).toBeCloseTo(0.5, 1)
  await fill(page, 'Gamma', 2)
  expect((await colourAt(page, x, y))[0]! / 255).toBeCloseTo(Math.SQRT1_2, 1)
  await fill(page, 'Black', value)
  expect(await colourAt(page, x, y)).toEqual([0, 0, 0])
  await page.getByRole('combobox', { name: 'Colours' }).selectOption('viridis')
  await settled(page)
  expect(await colourAt(page, x, y)).toEqual([0x44, 0x01, 0x54])

  // A file has the same samples, in their own bits.
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save NPY' }).click()
  const npy = await readFile(await (await saved).path())
  expect(npy.toString('latin1', 0, 128)).toContain(
    `'descr': '<u2', 'fortran_order': False, 'shape': (${height}, ${width})`,
  )
  const here = await readAt(page, x, y)
  expect(npy.readUInt16LE(npy.length - width * height * 2 + (here.y * width + here.x) * 2)).toBe(value)

  // A line, a part of the picture, a distance.
  await drag(page, 'Profile', [300, 200], [600, 200])
  await page.getByTestId('measure-profile').waitFor()
  const csv = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as CSV' }).click()
  const zoom = Number(await page.getByTestId('measure-stage').getAttribute('data-zoom'))
  const rows = (await readFile(await (await csv).path(), 'utf8')).trim().split('\r\n')
  expect(rows[0]).toBe('distance (px),distance (µm),value')
  expect(rows).toHaveLength(Math.round(300 / zoom) + 2)
  await drag(page, 'Region', [350, 250], [450, 330])
  await expect
    .poll(async () => Number((await figure(page, 'measure-statistics', 'Pixels')).replace(',', '')))
    .toBeLessThan(((100 + 2 * zoom) / zoom) * ((80 + 2 * zoom) / zoom))
  await drag(page, 'Distance', [300, 400], [400, 400])
  const µm = (100 / zoom) * 0.5
  const shown = await figure(page, 'measure-geometry', 'Distance')
  expect(Math.abs(parseFloat(shown) - µm)).toBeLessThan(µm * 0.01)
  expect(shown).toMatch(/µm$/)

  // It goes on, sending the drawn part only.
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: 'As drawn' }).click()
  await expect.poll(() => figure(page, 'measure-facts', 'Sent'), { timeout: 10_000 }).not.toContain('640')
  await page.getByRole('combobox', { name: 'Compression' }).selectOption('zstd')
  await page.getByRole('button', { name: 'Whole frame' }).click()
  await expect
    .poll(() => figure(page, 'measure-facts', 'Size'), { timeout: 10_000 })
    .toMatch(/^0\.[34]\d MB, [5-7]\d %$/)
  expect(problems).toEqual([])
}, 60_000)

it('shows the picture without WebGL2 too, saying so, and says that frames are old when they stop', async () => {
  const args = [...(chromiumLaunch.args ?? []), '--disable-3d-apis']
  const browser = await chromium.launch({ ...chromiumLaunch, args })
  try {
    const page = await browser.newPage()
    await page.goto(`${bridge.ready.url}/#/measure/slide`)
    await expectAttribute(page, 'measure', 'data-frame', /^[1-9]/)
    await page.getByText('this browser has no WebGL2 here').waitFor()
    await paused(page)
    await settled(page)
    const { value } = await readAt(page, 300, 200)
    const grey = Math.round((value / FULL) * 255)
    for (const channel of await colourAt(page, 300, 200))
      expect(Math.abs(channel - grey)).toBeLessThanOrEqual(1)

    // Frames that stop are said to be old.
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.context().setOffline(true)
    await page.getByText('Old: the last frame came').waitFor({ timeout: 15_000 })
    await expectAttribute(page, 'measure', 'data-old', 'true')
  } finally {
    await browser.close()
  }
}, 30_000)
