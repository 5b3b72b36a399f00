import { z } from 'zod'
import { deviceSettings } from '../../../../shared/camera/camera-features.ts'
import { openCamera } from '../../device/device.ts'
import { defineDriver } from '../../../device/device.ts'
import { commonConfig, evenSize } from '../../frame/source-common.ts'

/** A camera that Linux itself drives: USB webcams and microscopes, capture cards (V4L2). */
export default defineDriver({
  kind: 'camera.v4l2',
  family: 'camera',
  config: z.strictObject({
    ...commonConfig,
    path: z
      .string()
      .regex(/^\/dev\//, 'a device begins with /dev/')
      .default('/dev/video0')
      .describe('the device; a name of /dev/v4l/by-id stays the same when plugs are changed'),
    width: evenSize.optional().describe('picture width, px; with height, the nearest that the camera has'),
    height: evenSize.optional().describe('picture height, px'),
    fps: z
      .number()
      .min(0.1)
      .max(1000)
      .optional()
      .describe('pictures a second, the nearest that the camera has'),
    settings: deviceSettings
      .strict()
      .default({})
      .describe('what to set when the camera is opened, by the names that it shows'),
  }),
  open({ codec, bitrateKbps, stayAwake, pixelSizeUm, timeCode, settings, ...source }, context) {
    return openCamera(
      {
        ...{ source: { kind: 'v4l2', ...source }, codec, bitrateKbps, stayAwake, pixelSizeUm },
        settings: { ...settings, timeCode },
      },
      context,
    )
  },
})
