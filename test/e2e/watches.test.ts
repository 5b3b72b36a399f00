import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { ask } from '../support/people.ts'
import { chromiumForFile, expectAttribute, PHONE } from './rig.ts'

const { open } = chromiumForFile()

/** A status page as facilities have them: it says what it is told to say, and has a button. */
async function startSite(): Promise<{ url: string; say: (gate: string) => void } & AsyncDisposable> {
  let gate = 'open'
  const site = createServer((_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><title>Cleanroom</title><h1>Cleanroom 2</h1>
      <style>#status, button { position: absolute; left: 0; width: 400px; height: 100px }</style>
      <div id="status" style="top: 100px"><p>Gate ${gate}</p><p>Pressure 35 Pa</p></div>
      <button style="top: 250px" onclick="document.getElementById('status').append('Pump on')">More</button>`)
  })
  await new Promise<void>((ready) => site.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(site.address() as AddressInfo).port}/`,
    say: (next) => (gate = next),
    async [Symbol.asyncDispose]() {
      site.closeAllConnections()
      await new Promise((closed) => site.close(closed))
    },
  }
}

const bench = {
  server: { localRole: 'administrator' },
  watches: { pages: { allow: ['127.0.0.1'] } },
  devices: { slide: { driver: 'camera.sim', title: 'Slide', width: 320, height: 240 } },
}
let bridge: Awaited<ReturnType<typeof startBridge>>
beforeAll(async () => {
  bridge = await startBridge(await writeBench(bench))
})
afterAll(() => bridge.end())

/** Clicks on the screenshot, at a place of the page in px. */
async function clickOnPage(page: Page, x: number, y: number): Promise<void> {
  const image = page.getByTestId('picker-stage').locator('img')
  const wide = await image.evaluate((img) => (img as HTMLImageElement).naturalWidth)
  const scale = ((await image.boundingBox())?.width ?? 0) / wide
  await page.getByTestId('picker-stage').click({ position: { x: x * scale, y: y * scale } })
}
const openWatches = (url: string, viewport?: typeof PHONE): Promise<Page> => open(`${url}#/watches`, viewport)

it('picks a part of a page, and tells two browsers at once when it has changed', async () => {
  await using site = await startSite()
  const [page, other] = await Promise.all([
    openWatches(bridge.ready.url),
    openWatches(bridge.ready.url, PHONE),
  ])

  await page.getByTestId('watch-new').click()
  const editor = page.getByTestId('watch-editor')
  await editor.getByTestId('watch-kind-page').click()
  await editor.getByRole('textbox', { name: 'Name' }).fill('Gate')
  await editor.getByRole('textbox', { name: 'Address' }).fill(site.url)
  await editor.getByRole('combobox', { name: 'Open it' }).selectOption('browser')
  await editor.getByTestId('pick').click()
  await expect
    .poll(
      () =>
        page
          .getByTestId('picker-stage')
          .locator('img')
          .evaluate((img) => (img as HTMLImageElement).naturalWidth, undefined, { timeout: 1000 })
          .catch(() => 0),
      { timeout: 40_000 },
    )
    .toBeGreaterThan(0)
  const picked = page.getByTestId('picked-css')
  // What it does on the page becomes the watch's steps, and then the part is chosen.
  await clickOnPage(page, 200, 300)
  await expect.poll(() => picked.textContent()).toContain('button')
  await page.getByTestId('picker-click').click()
  await expect.poll(() => editor.getByTestId('list-steps').locator('li').count()).toBe(1)
  await clickOnPage(page, 200, 125)
  await expect.poll(() => page.getByTestId('element-picker').textContent()).toContain('Gate open')
  await page.getByRole('button', { name: 'Wider' }).click()
  await expect.poll(() => picked.textContent()).toBe('#status')
  await page.getByTestId('picker-take').click()
  await editor.getByTestId('watch-try').click()
  await expectAttribute(page, 'watch-trial', 'data-outcome', 'ok', 40_000)
  expect(await editor.getByTestId('text-difference').textContent()).toContain('Pump on')
  await editor.getByRole('spinbutton', { name: 'Every' }).fill('5')
  await editor.getByRole('button', { name: 'Save' }).click()

  const row = (where: Page): ReturnType<Page['locator']> => where.locator('[data-name=Gate]')
  const phase = (where: Page): Promise<string | null> =>
    row(where).getAttribute('data-outcome', { timeout: 2000 })
  for (const each of [page, other]) await expect.poll(() => phase(each), { timeout: 40_000 }).toBe('ok')
  site.say('shut')
  for (const each of [page, other]) {
    await expect
      .poll(() => row(each).getAttribute('data-unseen', { timeout: 2000 }), { timeout: 40_000 })
      .toBe('1')
    await expect.poll(() => each.title()).toMatch(/^\(1\) Watches/)
  }
  // The one who saved it looks at it: what has changed is shown.
  const difference = page.getByTestId('watch-detail').getByTestId('text-difference')
  await expect
    .poll(() => difference.locator('[data-op=removed]').allTextContents())
    .toEqual([expect.stringContaining('Gate open')])
  await expect
    .poll(() => difference.locator('[data-op=added]').allTextContents())
    .toEqual([expect.stringContaining('Gate shut')])
  // The other marks it as seen, and the first is told.
  await row(other).click()
  await other.getByTestId('watch-detail').getByRole('button', { name: 'Mark seen' }).click()
  await expect.poll(() => page.title(), { timeout: 10_000 }).toMatch(/^Watches/)

  await page.getByTestId('watch-detail').getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => row(page).count()).toBe(0)
  await page.getByTestId('toast').getByRole('button', { name: 'Undo' }).click()
  for (const each of [page, other]) await expect.poll(() => row(each).count(), { timeout: 10_000 }).toBe(1)
})

it('keeps hundreds in a list of few rows: search, ranges with Shift, pause, export, import', async () => {
  const { url } = bridge.ready
  const left = await ask(url, {}, 'watch.list', {})
  await ask(url, {}, 'watch.remove', { ids: left.map(({ id }) => id) })
  const cell = (i: number): Promise<unknown> =>
    ask(url, {}, 'watch.save', {
      name: `Cell ${i}`,
      tags: [i % 2 ? 'odd' : 'even'],
      schedule: {},
      what: {
        kind: 'reading',
        device: 'slide',
        source: { from: 'topic', path: 'rates.captureFps' },
        condition: { is: 'below', limit: i === 300 ? 1000 : 1 },
      },
    })
  await Promise.all(Array.from({ length: 300 }, (_, i) => cell(i + 1)))
  const page = await openWatches(url)
  const rows = page.locator('[data-testid^=watch-][data-phase][data-name]')
  const names = (): Promise<(string | null)[]> =>
    rows.evaluateAll((all) => all.map((each) => each.getAttribute('data-name')))
  await expect.poll(async () => (await names())[1]).toBe('Cell 2')
  expect(await rows.count()).toBeLessThan(60)
  const grid = page.getByRole('grid')
  await grid.focus()
  await page.keyboard.press('End')
  await expect.poll(names).toContain('Cell 300')
  await page.keyboard.press('Enter')
  await page.getByTestId('watch-detail').getByRole('button', { name: 'Check now' }).click()
  await expectAttribute(page, 'watch-detail', 'data-phase', 'failing')
  await expect.poll(() => page.getByTestId('watch-remark').textContent()).toContain('below 1000')
  await page.getByTestId('watch-close').click()
  await page.keyboard.press('Home')

  await page.getByTestId('watch-search').fill('even 20')
  await expect
    .poll(names)
    .toEqual(['Cell 20', 'Cell 120', ...[200, 202, 204, 206, 208, 220].map((i) => `Cell ${i}`)])
  const choose = page.getByTestId('watch-choose')
  await choose.nth(2).click()
  await choose.nth(5).click({ modifiers: ['Shift'] })
  const bar = page.getByTestId('watch-actions')
  await expect.poll(() => bar.textContent()).toContain('4 chosen')
  await bar.getByRole('button', { name: 'Pause' }).click()
  await expect.poll(() => page.getByTestId('toast').textContent()).toContain('4 watches paused')
  await page.getByTestId('watch-search').fill('')
  await page.getByTestId('watch-show-paused').click()
  await expect.poll(names).toEqual(['Cell 200', 'Cell 202', 'Cell 204', 'Cell 206'])

  const download = page.waitForEvent('download')
  await bar.locator('summary').click()
  await bar.getByRole('button', { name: 'Export as YAML' }).click()
  const yaml = await readFile(await (await download).path(), 'utf8')
  expect(JSON.stringify(parse(yaml))).toContain('Cell 206')
  await page.getByRole('button', { name: 'Done' }).click()
  await page.locator('summary[aria-label=More]').click()
  await page.getByRole('button', { name: 'Import…' }).click()
  await page.getByTestId('watch-import').locator('textarea').fill(yaml)
  await page.getByTestId('watch-import').getByRole('button', { name: 'Import', exact: true }).click()
  await expect.poll(() => page.getByTestId('watch-import').textContent()).toContain('4 watches added')
  await page.getByTestId('watch-import').getByRole('button', { name: 'Done' }).click()
  await expect.poll(() => rows.count()).toBe(8)
})
