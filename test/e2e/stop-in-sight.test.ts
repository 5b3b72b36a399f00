import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startScene } from '../support/scene-bench.ts'
import { chromiumForFile, DESK, PHONE } from './rig.ts'

const { openForFile } = chromiumForFile()
/** A desk at 200 %: half the px either way. */
const ZOOMED = { width: DESK.width / 2, height: DESK.height / 2 }
const SIZES = { desk: DESK, phone: PHONE, zoomed: ZOOMED }
const WEB = fileURLToPath(new URL('../../web/', import.meta.url))
/** What a finger hits: a stop is never smaller. */
const LEAST_PX = 40

interface Opened {
  /** The page that has it. */
  at: string
  by: (page: Page) => Promise<unknown>
  /** Where it opens only on a narrow window. */
  size?: typeof PHONE
}

let scene: Awaited<ReturnType<typeof startScene>>
let url: string
let watch: string
let page: Page

beforeAll(async () => {
  const bench = { server: { localRole: 'administrator' }, watches: { pages: { allow: ['127.0.0.1'] } } }
  scene = await startScene({}, { bench })
  url = scene.bridge.ready.url
  const { client } = scene
  await client.call('view.save', {
    ...{ name: 'lab', title: 'Lab', pages: [{ tiles: [] }], dwellS: 20, stop: true, qr: 'none' },
  })
  await client.call('user.add', { name: 'vera', role: 'viewer', password: 'correct horse battery' })
  await client.call('token.add', { name: 'wall', role: 'viewer' })
  await client.call('camera.still', { device: 'eye', format: 'png' })
  await client.call('preset.save', { device: 'turret', name: 'door', pan: 1, tilt: 1 })
  const kept = await client.call('watch.save', {
    ...{ name: 'Rate', schedule: {} },
    what: {
      ...{ kind: 'reading', device: 'eye', source: { from: 'topic', path: 'rates.captureFps' } },
      condition: { is: 'below', limit: 1 },
    },
  })
  watch = kept.id
  await fetch(`${url}/api/traces?name=Dip&unit=dBm`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: Array.from({ length: 100 }, (_, i) => `${1540 + i / 100},${-i}`).join('\n'),
  })
  scene.endBeat()
  await client.call('lease.release', {})
  page = await openForFile(url)
}, 60_000)
afterAll(() => scene[Symbol.asyncDispose]())

const press = (name: string) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).first().click()
const choose = async (page: Page): Promise<void> => {
  await page.getByTestId('watch-choose').first().click()
  await page.getByTestId('watch-actions').getByLabel('More to do with them').click()
}

/** Every file that has a dialog, and how that is opened. */
const DIALOGS: Record<string, Opened> = {
  'camera/ViewersDialog.svelte': { at: '', by: (page) => page.getByTestId('camera-viewers').click() },
  'traces/EditTrace.svelte': { at: 'traces', by: (page) => page.getByTestId('trace-edit').click() },
  'traces/ImportTraces.svelte': {
    at: 'traces',
    by: (page) =>
      page.getByTestId('trace-file').setInputFiles({
        ...{ name: 'dip.csv', mimeType: 'text/csv', buffer: Buffer.from('1,2\n2,3\n') },
      }),
  },
  'ui/ConfirmButton.svelte': { at: 'traces', by: (page) => page.getByTestId('trace-remove').click() },
  'views/NewView.svelte': { at: 'views', by: (page) => page.getByTestId('view-new').click() },
  'views/DisplayLink.svelte': { at: 'views', by: press('Link for a display') },
  'gallery/MediaViewer.svelte': {
    at: 'gallery',
    by: (page) => page.locator('[data-kind=still]').click(),
  },
  'turret/patterns/PatternEditor.svelte': {
    at: 'turret/turret',
    by: async (page) => {
      // The lease of the page before the last reload lapses.
      await page.getByTestId('lease-take').click()
      await page.getByTestId('pattern-new').click()
      for (let i = 0; i < 3; i++) await page.getByRole('button', { name: 'Add a step' }).click()
    },
  },
  'access/AddUser.svelte': { at: 'people', by: (page) => page.getByTestId('user-add').click() },
  'access/AddToken.svelte': { at: 'people', by: (page) => page.getByTestId('token-add').click() },
  'access/EditSecret.svelte': { at: 'people', by: (page) => page.getByTestId('secret-add').click() },
  'access/UserActions.svelte': { at: 'people', by: press('Change the role of vera') },
  'watches/editor/WatchEditor.svelte': {
    at: 'watches',
    by: (page) => page.getByTestId('watch-new').click(),
  },
  'watches/editor/ElementPicker.svelte': {
    at: 'watches',
    by: async (page) => {
      await page.getByTestId('watch-new').click()
      const editor = page.getByTestId('watch-editor')
      await editor.getByTestId('watch-kind-page').click()
      await editor.getByRole('textbox', { name: 'Address' }).fill(`${url}/health`)
      await editor.getByTestId('pick').first().click()
    },
  },
  'watches/list/NewsMenu.svelte': {
    at: 'watches',
    by: (page) => page.getByTestId('watch-news-open').click(),
  },
  'watches/list/ImportWatches.svelte': {
    at: 'watches',
    by: async (page) => {
      await page.getByLabel('More', { exact: true }).click()
      await page.getByText('Import…').click()
    },
  },
  'watches/list/TagDialog.svelte': {
    at: 'watches',
    by: async (page) => {
      await choose(page)
      await page.getByText('Tags…').click()
    },
  },
  'watches/list/ActionBar.svelte': {
    at: 'watches',
    by: async (page) => {
      await choose(page)
      await page.getByText('Clear history…').click()
    },
  },
  'watches/WatchesPage.svelte': {
    at: 'watches',
    by: (page) => page.goto(`${url}/#/watches/${watch}`),
    size: PHONE,
  },
}
/** Dialogs of a line of text and two buttons, as `ui/ConfirmButton.svelte` has it, whose device or user is not on this bench. */
const AS_OTHERS = [
  'instrument/declared/SettingField.svelte',
  'access/ChangePassword.svelte',
  'access/ProofDialog.svelte',
  'access/SecondFactor.svelte',
]

async function filesWith(what: RegExp): Promise<string[]> {
  const found: string[] = []
  for await (const file of glob('**/*.svelte', { cwd: WEB, exclude: ['dist/**'] })) {
    if (what.test(await readFile(WEB + file, 'utf8'))) found.push(file)
  }
  return found.sort()
}

/** The names of what is wrong: a stop that is not whole in the window, not hit where it is pressed, or too small for a finger. */
function problems(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const dialog = [...document.querySelectorAll('dialog[open]')].at(-1)
    // To the end of all that scrolls.
    for (const element of [dialog, ...(dialog?.querySelectorAll('*') ?? [])]) {
      if (element && element.scrollHeight > element.clientHeight) element.scrollTop = element.scrollHeight
      if (element && element.scrollWidth > element.clientWidth) element.scrollLeft = element.scrollWidth
    }
    window.scrollTo(document.documentElement.scrollWidth, document.documentElement.scrollHeight)
    const stop = [...(dialog ?? document).querySelectorAll('button[aria-label="Emergency stop"]')].find(
      (button) => button.checkVisibility(),
    )
    if (!stop) return ['there is none']
    const { left, top, right, bottom } = stop.getBoundingClientRect()
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    return [
      left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight ? '' : 'it is out of sight',
      hit && stop.contains(hit) ? '' : 'something lies on it',
      Math.min(right - left, bottom - top) >= least ? '' : 'it is small',
    ].filter(Boolean)
  }, LEAST_PX)
}

it('has one dialog for all, which every file that opens one is walked for', async () => {
  expect(await filesWith(/<Dialog\b/)).toEqual([...Object.keys(DIALOGS), ...AS_OTHERS].sort())
  expect(await filesWith(/<dialog\b|showModal\(/)).toEqual(['ui/Dialog.svelte'])
  // A view in full screen covers the page's own stop.
  const covering = await filesWith(/requestFullscreen\(/)
  expect(await filesWith(/testId="estop-fullscreen"/)).toEqual(covering)
  expect(await filesWith(/<video(?![^>]*nofullscreen)[^>]*\bcontrols\b/)).toEqual([])
})

describe.each(Object.entries(DIALOGS))('the dialog of %s', (file, { at, by, size = DESK }) => {
  it('keeps the emergency stop in sight, however far it is scrolled', async () => {
    await page.setViewportSize(size)
    await page.goto(`${url}/#/${at}`)
    // What the test before has chosen goes with it.
    await page.reload()
    await by(page)
    const dialog = page.locator('dialog[open]').last()
    await dialog.waitFor()
    for (const [name, viewport] of Object.entries(size === DESK ? SIZES : { phone: PHONE })) {
      await page.setViewportSize(viewport)
      await expect.poll(() => problems(page), { message: `${file} at ${name}` }).toEqual([])
      expect(await dialog.isVisible()).toBe(true)
    }
  })
})

it('is in sight on every page, however far that is scrolled, and on a wall that has one', async () => {
  const pages = ['', 'traces', 'gallery', 'views', 'watches', 'diagnostics', 'measure/eye', 'turret/turret']
  for (const at of [...pages, 'serial', 'people', 'audit']) {
    await page.goto(`${url}/#/${at}`)
    await page.locator(`main[data-page=${at.split('/', 1)[0] || 'bench'}]`).waitFor()
    for (const [name, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport)
      await expect.poll(() => problems(page), { message: `${at} at ${name}` }).toEqual([])
    }
  }
  await page.goto(`${url}/kiosk/lab`)
  for (const [name, viewport] of Object.entries({ ...SIZES, wall: { width: 1920, height: 1080 } })) {
    await page.setViewportSize(viewport)
    await expect.poll(() => problems(page), { message: `the wall at ${name}` }).toEqual([])
  }
})

it('is in sight in full screen', async () => {
  await page.setViewportSize(DESK)
  for (const at of ['', 'turret/turret']) {
    await page.goto(`${url}/#/${at}`)
    await page.getByRole('button', { name: 'Fullscreen' }).first().click()
    await expect.poll(() => page.evaluate(() => document.fullscreenElement !== null)).toBe(true)
    const stop = page.locator(':fullscreen').getByTestId('estop-fullscreen')
    await stop.click({ trial: true })
    await page.evaluate(() => document.exitFullscreen())
  }
})

it('stops the bench from within a dialog that is scrolled to its end', async () => {
  await page.setViewportSize(PHONE)
  await page.goto(`${url}/#/people`)
  await page.getByTestId('token-add').click()
  expect(await problems(page)).toEqual([])
  await page.getByTestId('estop-dialog').click()
  const latched = async () =>
    ((await scene.client.call('topic.read', { topic: 'control' })).snapshot as { stop: { latched: boolean } })
      .stop.latched
  await expect.poll(latched).toBe(true)
})
