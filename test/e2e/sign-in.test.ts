import type { Page } from 'playwright-core'
import { TOTP } from 'otpauth'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { IdentityProvider } from '../support/identity-provider.ts'
import { ask, setUp } from '../support/people.ts'
import { chromiumForFile, expectAttribute, takeControl } from './rig.ts'

const { open } = chromiumForFile()
const PASSWORD = 'correct horse battery'

async function signIn(page: Page, name: string): Promise<void> {
  const form = page.getByTestId('sign-in-form')
  await form.getByLabel('Name').fill(name)
  await form.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.keyboard.press('Enter')
}

const connected = (page: Page): Promise<void> =>
  expectAttribute(page, 'connection-state', 'data-state', 'connected')

it('asks for the password again before rights are made, and for a code once there is a second factor', async () => {
  const file = await writeBench({ server: { localRole: 'none' } })
  let page: Page
  {
    await using bridge = await startBridge(file)
    await setUp(bridge.ready.url, bridge.output, 'anna')
    page = await open(bridge.ready.url)
    await signIn(page, 'anna')
    await connected(page)
  }
  // A restart forgets that anna has given her password, and not that she is signed in.
  await using bridge = await startBridge(file)
  const { url } = bridge.ready
  await page.goto(`${url}/#/people`)
  await connected(page)
  await page.getByTestId('user-add').click()
  const adding = page.getByTestId('user-add-dialog')
  await adding.getByLabel('Name').fill('wanda')
  await adding.locator('input[type=password]').fill(PASSWORD)
  await page.keyboard.press('Enter')
  const proof = page.getByTestId('proof-dialog')
  await proof.getByLabel('Password').fill('not the password')
  await page.keyboard.press('Enter')
  await expect.poll(() => proof.getByTestId('form-problem').textContent()).toContain('wrong')
  await proof.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByTestId('user-wanda').waitFor()

  const menu = async (text: string): Promise<void> => {
    await page.getByTestId('menu').click()
    await page.getByRole('button', { name: text, exact: true }).click()
  }
  await menu('Second factor')
  const factor = page.getByTestId('factor-dialog')
  await factor.getByRole('button', { name: 'Set up' }).click()
  const secret = (await factor.getByTestId('factor-secret').textContent()) ?? ''
  expect(await factor.getByTestId('qr').getAttribute('data-text')).toContain(`secret=${secret}`)
  await factor.getByLabel('Code').fill(new TOTP({ secret }).generate())
  await page.keyboard.press('Enter')
  const recovery = (await factor.getByTestId('recovery-codes').locator('li').first().textContent()) ?? ''
  await factor.getByRole('button', { name: 'Done' }).click()
  expect(await factor.getByTestId('factor-state').textContent()).toContain('Recovery codes left: 10')
  await page.keyboard.press('Escape')

  await menu('Sign out')
  await page.getByTestId('sign-in-form').waitFor()
  await signIn(page, 'anna')
  await page.getByLabel('Code').fill(recovery)
  await page.keyboard.press('Enter')
  await connected(page)
})

it("signs people in at the lab's identity provider, and brings them back to their page", async () => {
  await using lab = await IdentityProvider.listen()
  const oidc = {
    ...lab.config,
    clientSecretEnv: 'BENCH_TEST_SECRET',
    groups: { staff: 'operator' },
    title: 'the lab',
  }
  vi.stubEnv('BENCH_TEST_SECRET', lab.secret)
  onTestFinished(() => void vi.unstubAllEnvs())
  await using bridge = await startBridge(await writeBench({ server: { localRole: 'none', oidc } }))
  const { url } = bridge.ready
  lab.meet(`${url}/api/oidc/callback`)
  lab.people.set('otto', { preferred_username: 'otto', groups: ['staff'] })
  lab.person = 'otto'
  const page = await open(`${url}/#/traces`)
  await page.getByTestId('sign-in-provider').click()
  await connected(page)
  expect(page.url()).toBe(`${url}/#/traces`)
  expect(await page.getByTestId('menu').textContent()).toMatch(/otto/i)
})

it('shows somebody who is bound to devices those alone, and gives control of them', async () => {
  const camera = { driver: 'camera.sim', width: 160, height: 120 }
  const file = await writeBench({ server: { localRole: 'none' }, devices: { slide: camera, other: camera } })
  await using bridge = await startBridge(file)
  const { url } = bridge.ready
  const admin = await setUp(url, bridge.output, 'anna')
  const scope = { devices: ['slide'] }
  await ask(url, admin, 'user.add', { name: 'vera', role: 'operator', password: PASSWORD, scope })
  const page = await open(url)
  await signIn(page, 'vera')
  await page.getByTestId('camera-slide').waitFor()
  await expect.poll(() => page.getByTestId('camera-other').count()).toBe(0)
  await takeControl(page)
})
