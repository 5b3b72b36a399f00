import { z } from 'zod'
import { isLive } from '../../frame/url.ts'
import { openCamera } from '../../device/device.ts'
import { defineDriver } from '../../../device/device.ts'
import { commonConfig, evenSize } from '../../frame/source-common.ts'

/** A video file, or a stream of a network camera: whatever FFmpeg's libraries can read. */
export default defineDriver({
  kind: 'camera.file',
  family: 'camera',
  config: z.strictObject({
    ...commonConfig,
    url: z.string().min(1).describe('a path, or a URL: rtsp://, http://, udp:// and others'),
    width: evenSize.optional().describe('picture width, px, even; the source decides if it is left out'),
    height: evenSize.optional().describe('picture height, px, even; the source decides if it is left out'),
    loop: z.boolean().default(true).describe('begin again at the end'),
    live: z
      .boolean()
      .optional()
      .describe('show pictures as they come; left out: so for rtsp, rtp, udp and srt'),
  }),
  open({ codec, bitrateKbps, stayAwake, pixelSizeUm, timeCode, ...source }, context) {
    const live = source.live ?? isLive(source.url)
    return openCamera(
      {
        source: { kind: 'file', ...source, live },
        codec,
        bitrateKbps,
        stayAwake,
        pixelSizeUm,
        settings: { timeCode },
      },
      context,
    )
  },
})
