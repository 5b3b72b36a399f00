import { expect, it } from 'vitest'
import type { CameraFeatures } from '../../shared/camera/camera-features.ts'
import { exposingTurns, nearest, readingTurns } from '../../web/camera/feature-names.ts'

const features: CameraFeatures = {
  trigger: { kind: 'choice', choices: ['off', 'software'] },
  gainDb: { kind: 'number', min: 0, max: 24, unit: 'dB' },
  exposureAuto: { kind: 'switch' },
  exposureMs: { kind: 'number', min: 0.1, max: 100, unit: 'ms' },
}

it('offers what the camera names and nothing else, in an order of its own', () => {
  expect(exposingTurns(features).map(({ label }) => label)).toEqual([
    'Exposure',
    'Gain',
    'Automatic exposure',
  ])
  expect(readingTurns(features).map(({ name }) => name)).toEqual(['trigger'])
})

it('takes a slider to the nearest step that the camera has', () => {
  expect(nearest(3.7, { min: 0, step: 1 })).toBe(4)
  expect(nearest(0.34, { min: 0.1, step: 0.05 })).toBe(0.35)
  expect(nearest(3.7, { min: 0 })).toBe(3.7)
})
