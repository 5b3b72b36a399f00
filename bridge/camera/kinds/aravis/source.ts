import { z } from 'zod'
import { deviceSettings } from '../../../../shared/camera/camera-features.ts'
import { openCamera } from '../../device/device.ts'
import { defineDriver } from '../../../device/device.ts'
import { commonConfig } from '../../frame/source-common.ts'

/** A GigE Vision or USB3 Vision camera (libaravis). */
export default defineDriver({
  kind: 'camera.aravis',
  family: 'camera',
  config: z.strictObject({
    ...commonConfig,
    camera: z
      .string()
      .min(1)
      .optional()
      .describe("the camera's id, serial number or network address; left out: the only one there is"),
    packetBytes: z
      .number()
      .int()
      .min(576)
      .max(16_000)
      .optional()
      .describe(
        'bytes a network packet; left out: what the camera has, made smaller where it does not get through',
      ),
    settings: deviceSettings
      .strict()
      .default({})
      .describe('what to set when the camera is opened, by the names that it shows'),
  }),
  open({ codec, bitrateKbps, stayAwake, pixelSizeUm, timeCode, settings, ...source }, context) {
    return openCamera(
      {
        ...{ source: { kind: 'aravis', ...source }, codec, bitrateKbps, stayAwake, pixelSizeUm },
        settings: { ...settings, timeCode },
      },
      context,
    )
  },
})
