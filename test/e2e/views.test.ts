import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { chromiumForFile, expectAttribute, expectLive } from './rig.ts'

const { open } = chromiumForFile()

const boxes = (page: Page): Promise<(string | null)[]> =>
  page.getByTestId('tile').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('data-box')).sort())

it('shows in one browser what is arranged in another', async () => {
  await using bridge = await startBridge(
    await writeBench({
      devices: { slide: { driver: 'camera.sim', title: 'Slide', width: 320, height: 240 } },
    }),
  )
  const { url } = bridge.ready
  const [editor, other, kiosk] = await Promise.all([
    open(`${url}/#/views`),
    open(`${url}/#/views`),
    open(`${url}/kiosk/all`),
  ])
  await expectAttribute(kiosk, 'kiosk', 'data-revision', '0')

  // With the keyboard: smaller, then beside it a clock, which is dragged to where it belongs.
  const camera = editor.getByRole('button', { name: /^Slide, column 1/ })
  await camera.focus()
  for (let i = 0; i < 4; i++) await camera.press('Shift+ArrowLeft')
  await expect.poll(() => boxes(editor)).toEqual(['0,0,12,9'])
  await editor.getByTestId('tile-add').locator('summary').click()
  await editor.getByRole('button', { name: 'Clock' }).click()
  await expect.poll(() => boxes(editor)).toEqual(['0,0,12,9', '12,0,4,2'])

  const stage = await editor.getByTestId('stage').boundingBox()
  const clock = await editor.getByRole('button', { name: /^Clock/ }).boundingBox()
  if (!stage || !clock) throw new Error('there is no stage')
  await editor.mouse.move(clock.x + clock.width / 2, clock.y + clock.height / 2)
  await editor.mouse.down()
  await editor.mouse.move(clock.x + clock.width / 2, clock.y + clock.height / 2 + (stage.height / 9) * 3, {
    steps: 5,
  })
  await editor.mouse.up()
  await expect.poll(() => boxes(editor)).toEqual(['0,0,12,9', '12,3,4,2'])
  const corner = await editor.getByTestId('tile-corner').last().boundingBox()
  if (!corner) throw new Error('there is no corner')
  await editor.mouse.move(corner.x + corner.width / 2, corner.y + corner.height / 2)
  await editor.mouse.down()
  await editor.mouse.move(
    corner.x + corner.width / 2,
    corner.y + corner.height / 2 + (stage.height / 9) * 2,
    {
      steps: 5,
    },
  )
  await editor.mouse.up()
  await expect.poll(() => boxes(editor)).toEqual(['0,0,12,9', '12,3,4,4'])

  expect(await boxes(other)).toEqual(['0,0,16,9'])
  await editor.getByTestId('view-save').click()
  await expect.poll(() => boxes(other)).toEqual(['0,0,12,9', '12,3,4,4'])
  await expectAttribute(kiosk, 'kiosk', 'data-revision', '1')
  await kiosk.getByTestId('clock').waitFor()
  await expectLive(kiosk, 'slide')

  // What is not saved yet is not lost to what somebody else saves.
  await other.getByLabel('Title').fill('Theirs')
  await editor.getByLabel('Title').fill('Mine')
  await other.getByTestId('view-save').click()
  await editor.getByTestId('view-overtaken').waitFor()
  expect(await editor.getByLabel('Title').inputValue()).toBe('Mine')
  await editor.getByRole('button', { name: 'Save mine' }).click()
  await expect.poll(() => other.getByLabel('Title').inputValue()).toBe('Mine')
  await expectAttribute(kiosk, 'kiosk', 'data-revision', '3')
})
