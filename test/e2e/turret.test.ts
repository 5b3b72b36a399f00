import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startScene } from '../support/scene-bench.ts'
import { chromiumForFile, expectAttribute } from './rig.ts'
import { expectRest, freed, homeAndCentre, operating, positionOf, SLOW, stateOf } from './turret-rig.ts'

const FINDING = { timeout: 90_000, interval: 500 }
vi.setConfig({ testTimeout: 240_000 })

const { openForFile } = chromiumForFile()
let scene: Awaited<ReturnType<typeof startScene>>
let operator: Page
let observer: Page

beforeAll(async () => {
  scene = await startScene(
    { targets: [{ path: 'still', centre: { pan: 3, tilt: 2 } }] },
    { laser: { cooldownMs: 100, dutyPercent: 60 } },
  )
})
afterAll(() => scene[Symbol.asyncDispose]())

it('turns by held arrow and key, rehearses, fires, and ends a burst by anybody’s emergency stop', async () => {
  const at = await freed(scene)
  ;[operator, observer] = await Promise.all([operating(openForFile(at)), openForFile(at)])
  // Whoever only watches sees why nothing may be done.
  expect(await observer.getByTestId('turret-home').getAttribute('title')).toMatch(/has control/)
  expect(await observer.getByTestId('laser-missing').textContent()).toMatch(/has control.*not enabled/)
  await homeAndCentre(scene, operator)

  const right = operator.getByTestId('jog-right')
  await right.hover()
  await operator.mouse.down()
  await expectAttribute(observer, 'turret-motion', 'data-activity', 'jogging')
  await expect.poll(async () => (await positionOf(scene)).pan, SLOW).toBeGreaterThan(3)
  await operator.mouse.up()
  const held = await expectRest(scene)
  expect(held.tilt).toBeCloseTo(0, 1)

  await operator.getByTestId('turret-halt').focus()
  await operator.keyboard.down('ArrowUp')
  await expect.poll(async () => (await positionOf(scene)).tilt, SLOW).toBeGreaterThan(2)
  // The window loses the keyboard: no key will ever be seen to come up.
  await operator.evaluate(() => window.dispatchEvent(new Event('blur')))
  const keyed = await expectRest(scene)
  expect(keyed.pan).toBeCloseTo(held.pan, 1)
  await operator.keyboard.up('ArrowUp')

  await operator.getByTestId('laser-enable').click()
  await expectAttribute(operator, 'laser-state', 'data-light', 'ready', SLOW.timeout)
  await operator.getByRole('spinbutton', { name: 'Pulses', exact: true }).first().fill('10')
  await operator.getByTestId('laser-burst').click()
  await expectAttribute(observer, 'laser-state', 'data-light', 'rehearsal')
  await expectAttribute(observer, 'turret-overlay', 'data-light', 'rehearsal')
  await expectAttribute(operator, 'laser-state', 'data-light', 'ready', SLOW.timeout)
  expect(scene.sim.events().light.filter(({ power }) => power > 0)).toEqual([])
  expect(await operator.getByTestId('laser-count').textContent()).toBe('0')

  await operator
    .getByTestId('turret-laser')
    .getByRole('switch', { name: /Rehearse/ })
    .uncheck({ force: true })
  await operator.getByTestId('laser-burst').click()
  await expectAttribute(observer, 'turret-overlay', 'data-light', 'lit')
  await observer.getByTestId('estop').click()
  await operator.getByTestId('estop-banner').waitFor()
  await expectAttribute(observer, 'laser-state', 'data-light', 'disabled')
  const { laser } = await stateOf(scene)
  expect(laser).toMatchObject({ enabled: false, emitting: false })
  expect(laser?.fireCount).toBeLessThan(10)
  expect(await operator.getByTestId('laser-missing').textContent()).toMatch(/Emergency stop/)
  const { light } = scene.sim.events()
  expect(light.some(({ power }) => power > 0)).toBe(true)
  expect(light.at(-1)?.power).toBe(0)
  await operator.getByTestId('estop-reset').click()
  await expect.poll(() => operator.getByTestId('estop-banner').count(), SLOW).toBe(0)
})

it('calibrates, points by a click, keeps presets and runs a pattern with stills, finds the crosshair, and tracks', async () => {
  await homeAndCentre(scene, operator)
  await operator.getByTestId('sight-calibrate').click()
  await expect
    .poll(() => observer.getByTestId('calibration-words').textContent(), SLOW)
    .toMatch(/^Valid: 2\d\.\d px a degree/)

  const overlay = operator.getByTestId('turret-overlay')
  const box = await overlay.boundingBox()
  if (!box) throw new Error('the overlay is not there')
  const map = (await stateOf(scene)).sight?.calibration.pixelsPerDegree ?? NaN
  const from = await expectRest(scene)
  await overlay.click({ position: { x: box.width / 2 + 60, y: box.height / 2 } })
  await expect.poll(async () => Math.abs((await positionOf(scene)).pan - from.pan), SLOW).toBeGreaterThan(0.5)
  const pointed = await expectRest(scene)
  // The picture is as high as its box: 60 CSS px are so many of its own.
  const px = (60 / box.height) * 480
  expect(Math.abs(pointed.pan - from.pan)).toBeCloseTo(px / map, 0)

  const presets = operator.getByTestId('turret-presets')
  await presets.getByLabel('Save this direction as').fill('Here')
  await presets.getByLabel('Key').selectOption('1')
  await operator.getByTestId('preset-save').click()
  await operator.getByTestId('preset-picture').waitFor()
  await operator.getByTestId('turret-halt').focus()
  await operator.keyboard.down('ArrowLeft')
  await expect
    .poll(async () => Math.abs((await positionOf(scene)).pan - pointed.pan), SLOW)
    .toBeGreaterThan(2)
  await operator.keyboard.up('ArrowLeft')
  await expectRest(scene)
  await operator.keyboard.press('1')
  await expect
    .poll(async () => Math.abs((await positionOf(scene)).pan - pointed.pan), SLOW)
    .toBeLessThan(0.05)

  await operator.getByTestId('pattern-new').click()
  const editor = operator.getByTestId('pattern-editor')
  await editor.getByLabel('Name').fill('Look')
  await editor.getByLabel('Do').selectOption('still')
  await editor.getByRole('button', { name: 'Save' }).click()
  await operator.getByTestId('pattern-run').click()
  await expect
    .poll(
      async () => (await scene.client.call('media.list', { device: 'eye', kind: 'still' })).entries.length,
      SLOW,
    )
    .toBe(1)
  await expect.poll(async () => (await stateOf(scene)).pattern, SLOW).toBeUndefined()

  await operator.getByTestId('laser-enable').click()
  await expectAttribute(operator, 'laser-state', 'data-light', 'ready', SLOW.timeout)
  const words = observer.getByTestId('crosshair-words')
  await expect.poll(() => words.textContent(), SLOW).toMatch(/never checked against the laser/)
  const find = operator.getByTestId('crosshair-find')
  await expect
    .poll(async () => {
      // A machine that is busy lets the heartbeat lapse, which disables the laser, or pictures come too late for the pulses.
      const { laser, sight } = await stateOf(scene)
      const enable = operator.getByTestId('laser-enable')
      if (!sight?.finding && !sight?.spot) {
        if (!laser?.enabled && (await enable.isEnabled())) await enable.click()
        else if (await find.isEnabled()) await find.click()
      }
      return sight?.spot ?? (await operator.getByTestId('toast').allTextContents())
    }, FINDING)
    .toMatchObject({ x: expect.any(Number) as number })
  expect((await stateOf(scene)).sight?.crosshair).toBeUndefined()
  await expect.poll(() => observer.getByTestId('turret-overlay').getAttribute('data-spot'), SLOW).toBeTruthy()
  await operator.getByTestId('crosshair-confirm').click()
  await expect.poll(async () => (await stateOf(scene)).sight?.crosshair?.found, SLOW).toBe('spot')
  await expect.poll(() => words.textContent(), SLOW).toMatch(/at the laser’s spot/)

  const seeing = operator.getByTestId('turret-seeing')
  const brightSpot = seeing.getByRole('switch', { name: 'Bright spot', exact: true })
  // Without a heartbeat, on a busy machine, nothing is to be set for a moment.
  await expect.poll(() => brightSpot.isEnabled(), SLOW).toBe(true)
  await brightSpot.check({ force: true })
  await seeing.getByRole('button', { name: 'Set' }).click()
  await expectAttribute(operator, 'turret-seeing', 'data-on', 'spot')
  await operator.getByTestId('track-start').click()
  await expectAttribute(observer, 'turret-tracking', 'data-state', 'locked')
  await operator.getByTestId('track-stop').click()
  await expectAttribute(observer, 'turret-tracking', 'data-state', 'off')
  await expectRest(scene)
})
