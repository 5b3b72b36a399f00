import { expect, it } from 'vitest'
import { startBridge, startLaser, writeBench } from '../support/bench-process.ts'
import { chromiumForFile, expectAttribute, takeControl } from './rig.ts'

const { open } = chromiumForFile()

it('makes a panel of an instrument that is only declared in bench.yaml, and works by it', async () => {
  await using laser = await startLaser()
  const source = {
    driver: 'instrument.scpi',
    title: 'Source',
    resource: laser.ready.resource,
    safe: [':OUTP OFF'],
    readings: { power: { label: 'Light', query: ':READ:POW?', unit: 'dBm', everyMs: 100 } },
    settings: {
      output: { label: 'Output', query: ':OUTP?', command: ':OUTP {value}', type: 'boolean', emits: true },
      wavelength: {
        label: 'Wavelength',
        query: ':SOUR:WAV?',
        command: ':SOUR:WAV {value}',
        type: 'number',
        unit: 'nm',
        parse: { scale: 1e9 },
        range: { min: 1500, max: 1600 },
      },
    },
  }
  await using bridge = await startBridge(await writeBench({ devices: { source } }))
  const page = await open(bridge.ready.url)
  await expect.poll(() => page.getByTestId('identity').textContent()).toContain('TestLaser')
  await expectAttribute(page, 'setting-wavelength', 'data-value', '1550')
  await takeControl(page)

  const wavelength = page.getByTestId('setting-wavelength')
  await wavelength.getByRole('spinbutton').fill('1531.5')
  await page.keyboard.press('Enter')
  await expectAttribute(page, 'setting-wavelength', 'data-value', '1531.5')
  await wavelength.getByRole('spinbutton').fill('1700')
  await page.keyboard.press('Enter')
  await expect.poll(() => wavelength.textContent()).toMatch(/1600/)
  await expectAttribute(page, 'setting-wavelength', 'data-value', '1531.5')

  await page.getByTestId('setting-output').getByRole('switch').click()
  await expectAttribute(page, 'setting-output', 'data-value', 'true')
  await expect.poll(() => page.getByTestId('reading-power').textContent()).toMatch(/\d/)
  await page.getByTestId('instrument-safe').click()
  await expectAttribute(page, 'setting-output', 'data-value', 'false')
})
