import { z } from 'zod'
import { openCamera } from '../../device/device.ts'
import { defineDriver } from '../../../device/device.ts'
import { commonConfig, evenSize } from '../../frame/source-common.ts'

/** A microscope camera that is simulated: cells that drift, and a sensor with exposure, gain and noise. */
export default defineDriver({
  kind: 'camera.sim',
  family: 'camera',
  config: z.strictObject({
    ...commonConfig,
    width: evenSize.default(640).describe('picture width, px, even'),
    height: evenSize.default(480).describe('picture height, px, even'),
    fps: z
      .number()
      .min(0.2)
      .max(120)
      .default(30)
      .describe('pictures a second; fewer when the exposure is longer'),
    seed: z.number().int().min(0).default(1).describe('another number, another slide'),
    exposureMs: z.number().min(0.1).max(100).default(10).describe('exposure to begin with, ms'),
    gainDb: z.number().min(0).max(24).default(0).describe('gain to begin with, dB'),
  }),
  open({ codec, bitrateKbps, stayAwake, pixelSizeUm, timeCode, exposureMs, gainDb, ...source }, context) {
    const settings = { timeCode, exposureMs, gainDb }
    return openCamera(
      { source: { kind: 'sim', ...source }, codec, bitrateKbps, stayAwake, pixelSizeUm, settings },
      context,
    )
  },
})
