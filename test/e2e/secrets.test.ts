import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { ask } from '../support/people.ts'
import { Site } from '../support/site.ts'
import { chromiumForFile } from './rig.ts'

const { openForFile } = chromiumForFile()
const POLL = { timeout: 20_000, interval: 50 }
let site: Site
let bridge: Awaited<ReturnType<typeof startBridge>>
let page: Page
const keys: unknown[] = []

beforeAll(async () => {
  site = await Site.open({
    '/key': (request, response) => {
      keys.push([request.headers['x-key'], request.url])
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>well</p>')
    },
  })
  const pages = { allow: [`127.0.0.1:${site.port}`] }
  bridge = await startBridge(
    await writeBench({ server: { localRole: 'administrator' }, watches: { pages }, devices: {} }),
  )
  page = await openForFile(`${bridge.ready.url}#/people`)
}, 60_000)

afterAll(async () => {
  await page.context().close()
  await bridge.end()
  await site[Symbol.asyncDispose]()
}, 30_000)

it('keeps a named secret, and changes its hosts without its value', async () => {
  await page.getByTestId('secret-add').click()
  const dialog = page.getByTestId('secret-dialog')
  await dialog.getByLabel('Name').fill('lab')
  await dialog.getByLabel('Value').fill('value-of-lab')
  await dialog.getByLabel('Hosts').fill('scope.lab')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByTestId('secret-lab').waitFor()
  await page.getByRole('button', { name: 'Change lab' }).click()
  await expect.poll(() => dialog.getByLabel('Hosts').inputValue(), POLL).toBe('scope.lab')
  expect(await dialog.getByLabel('Value').inputValue()).toBe('')
  await dialog.getByLabel('Hosts').fill(`scope.lab, 127.0.0.1:${site.port}`)
  await dialog.getByRole('button', { name: 'Save' }).click()
  const hosts = async (): Promise<unknown> =>
    (await ask(bridge.ready.url, {}, 'secret.list', {})).map((each) => each.hosts)
  await expect.poll(hosts, POLL).toEqual([['scope.lab', `127.0.0.1:${site.port}`]])
}, 60_000)

it('saves a watch that was opened in the editor with the secrets that it had', async () => {
  const { url } = bridge.ready
  const { id } = await ask(url, {}, 'watch.save', {
    name: 'Key',
    schedule: {},
    what: {
      kind: 'page',
      url: `${site.url('/key')}?t=\${secret:lab}&own=kept-query`,
      headers: [{ name: 'X-Key', value: 'kept-header' }],
    },
  })
  await page.goto(`${url}#/watches/${id}`)
  await page.getByTestId('watch-edit').click()
  const editor = page.getByTestId('watch-editor')
  const value = editor.locator('[data-field="what.headers.0.value"]')
  await value.waitFor()
  expect([await value.inputValue(), await value.getAttribute('placeholder')]).toEqual(['', 'kept'])
  await editor.getByRole('textbox', { name: 'Name', exact: true }).first().fill('Key again')
  await editor.getByRole('button', { name: 'Save' }).click()
  const saved = async (): Promise<unknown> => (await ask(url, {}, 'watch.list', { ids: [id] }))[0]?.name
  await expect.poll(saved, POLL).toBe('Key again')
  await ask(url, {}, 'watch.check', { ids: [id] })
  await expect.poll(() => keys, POLL).toEqual([['kept-header', '/key?t=value-of-lab&own=kept-query']])
}, 60_000)
