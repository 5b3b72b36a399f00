import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { ask } from '../support/people.ts'
import { chromiumForFile, expectAttribute } from './rig.ts'

const { openForFile } = chromiumForFile()
const POLL = { timeout: 30_000, interval: 100 }
let bridge: Awaited<ReturnType<typeof startBridge>>
let page: Page

beforeAll(async () => {
  bridge = await startBridge(
    await writeBench({
      server: { localRole: 'administrator' },
      devices: { cam: { driver: 'camera.sim', width: 320, height: 240 } },
    }),
  )
  page = await openForFile(`${bridge.ready.url}#/watches`)
}, 60_000)

afterAll(async () => {
  await page.context().close()
  await bridge.end()
}, 30_000)

function row(name: string): ReturnType<Page['locator']> {
  return page.locator(`[data-name="${name}"]`)
}

it('takes the region of a picture that somebody drags over it', async () => {
  await page.getByTestId('watch-new').click()
  const editor = page.getByTestId('watch-editor')
  await editor.getByTestId('watch-kind-picture').click()
  await editor.getByRole('textbox', { name: 'Name' }).fill('Corner')
  await editor.getByTestId('watch-try').click()
  const image = editor.getByTestId('snapshot-image')
  await image.waitFor({ timeout: 30_000 })
  await expect.poll(() => image.evaluate((each) => (each as HTMLImageElement).naturalWidth), POLL).toBe(320)
  await image.scrollIntoViewIfNeeded()
  const { x, y, width } = (await image.boundingBox()) ?? { x: 0, y: 0, width: 0 }
  const scale = width / 320
  await page.mouse.move(x + 40 * scale, y + 30 * scale)
  await page.mouse.down()
  await page.mouse.move(x + 100 * scale, y + 90 * scale, { steps: 4 })
  await page.mouse.move(x + 200 * scale, y + 150 * scale)
  await page.mouse.up()
  await editor.getByRole('button', { name: 'Save' }).click()
  await row('Corner').waitFor()
  const [watch] = await ask(bridge.ready.url, {}, 'watch.list', {})
  const region = watch?.what.kind === 'picture' ? watch.what.region : undefined
  for (const [side, px] of Object.entries({ x: 40, y: 30, width: 160, height: 120 }))
    expect(Math.abs((region?.[side as 'x'] ?? -9) - px), side).toBeLessThanOrEqual(2)
  await page.getByTestId('watch-close').click()
}, 60_000)

it('tags, copies, clears and deletes those that are chosen, and brings them back', async () => {
  await ask(bridge.ready.url, {}, 'watch.check', {
    ids: (await ask(bridge.ready.url, {}, 'watch.list', {})).map(({ id }) => id),
  })
  await expect.poll(() => row('Corner').getAttribute('data-outcome'), POLL).toBe('ok')
  await row('Corner').getByTestId('watch-choose').click()
  const bar = page.getByTestId('watch-actions')
  const more = async (name: string): Promise<void> => {
    await bar.locator('summary').click()
    await bar.getByRole('button', { name }).click()
  }
  await more('Tags…')
  const tags = page.getByTestId('watch-tags')
  await tags.getByRole('textbox', { name: 'Add' }).fill('lab, left')
  await tags.getByRole('button', { name: 'Save' }).click()
  await expect.poll(() => row('Corner').locator('em').allTextContents(), POLL).toEqual(['lab', 'left'])
  await more('Copy')
  await expect.poll(() => row('Corner (copy)').getAttribute('data-phase'), POLL).toBe('paused')
  await more('Clear history…')
  await page.getByTestId('confirm').getByRole('button', { name: /Clear/ }).click()
  const [corner] = (await ask(bridge.ready.url, {}, 'watch.list', {})).filter(({ name }) => name === 'Corner')
  await expect.poll(() => ask(bridge.ready.url, {}, 'watch.history', { id: corner!.id }), POLL).toEqual([])
  await row('Corner (copy)').getByTestId('watch-choose').click()
  await bar.getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => page.locator('[data-name^=Corner]').count(), POLL).toBe(0)
  await page.getByTestId('toast').getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => page.locator('[data-name^=Corner]').count(), POLL).toBe(2)
}, 60_000)

it("takes an export of changedetection.io's, from a file", async () => {
  await page.locator('summary[aria-label=More]').click()
  await page.getByRole('button', { name: 'Import…' }).click()
  const dialog = page.getByTestId('watch-import')
  const watching = {
    a: { url: 'http://example.org/status', title: 'Status', time_between_check: { minutes: 5 } },
    b: { url: 'gopher://example.org/', title: 'Old' },
  }
  await dialog.getByTestId('watch-file').setInputFiles({
    name: 'url-watches.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify({ watching })),
  })
  await expect.poll(() => dialog.locator('textarea').inputValue(), POLL).toContain('example.org')
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await expect.poll(() => dialog.textContent(), POLL).toMatch(/1 watch added, paused.*1 watch refused.*Old/)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect.poll(() => row('Status').getAttribute('data-phase'), POLL).toBe('paused')
}, 60_000)

it('has the browser itself tell of news, once somebody has allowed it', async () => {
  await page.context().grantPermissions(['notifications'])
  // What is shown is outside of the page: it is noted on its way there.
  await page.addInitScript(() => {
    const shown: string[] = []
    const noted = new Proxy(Notification, {
      construct: (target, [title, options]: [string, NotificationOptions]) => {
        shown.push(`${title}: ${options.body}`)
        return new target(title, options)
      },
    })
    Object.assign(window, { shown, Notification: noted })
  })
  await page.reload()
  await page.getByTestId('watch-news-open').click()
  const news = page.getByTestId('watch-news')
  await news.getByRole('switch', { name: 'Notifications of this browser' }).click()
  await expect.poll(() => news.textContent(), POLL).toContain('This browser tells of what happens')
  await news.getByRole('button', { name: 'Close' }).click()
  const { id } = await ask(bridge.ready.url, {}, 'watch.save', {
    name: 'Wide',
    schedule: {},
    what: {
      kind: 'reading',
      device: 'cam',
      source: { from: 'topic', path: 'width' },
      condition: { is: 'above', limit: 100 },
    },
  })
  await ask(bridge.ready.url, {}, 'watch.check', { ids: [id] })
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { shown: string[] }).shown), POLL)
    .toEqual(['Wide has failed: 320 is above 100'])
  await row('Wide').click()
  await expectAttribute(page, 'watch-detail', 'data-phase', 'failing')
}, 60_000)
