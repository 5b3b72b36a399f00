import { z } from 'zod'
import { openCamera } from '../../device/device.ts'
import { defineDriver } from '../../../device/device.ts'
import { commonConfig } from '../../frame/source-common.ts'

/** A network camera. Its H.264 is passed on as it comes; another format, or a viewers' codec of vp8, is encoded anew. */
export default defineDriver({
  kind: 'camera.rtsp',
  family: 'camera',
  config: z.strictObject({
    ...commonConfig,
    url: z
      .string()
      .regex(/^rtsps?:\/\/\S+$/i, 'a URL such as rtsp://user:password@192.168.1.64/stream1')
      .describe(
        "rtsp://…, with user and password if the camera asks for them; the camera's manual has the path",
      ),
  }),
  open({ codec, bitrateKbps, stayAwake, pixelSizeUm, timeCode, url }, context) {
    return openCamera(
      { source: { kind: 'rtsp', url }, codec, bitrateKbps, stayAwake, pixelSizeUm, settings: { timeCode } },
      context,
    )
  },
})
