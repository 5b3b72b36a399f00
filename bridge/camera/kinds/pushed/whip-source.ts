import { z } from 'zod'
import { receiveCamera } from '../../device/receive.ts'
import { defineDriver } from '../../../device/device.ts'
import { commonConfig } from '../../frame/source-common.ts'

const { bitrateKbps, pixelSizeUm } = commonConfig

/** A camera that others publish into by WebRTC (WHIP): OBS, GStreamer, or a browser on the page Publish. */
export default defineDriver({
  kind: 'camera.whip',
  family: 'camera',
  config: z.strictObject({ bitrateKbps, pixelSizeUm }),
  open({ bitrateKbps, pixelSizeUm }, context) {
    return receiveCamera({ way: 'whip', bitrateKbps }, pixelSizeUm, context)
  },
})
