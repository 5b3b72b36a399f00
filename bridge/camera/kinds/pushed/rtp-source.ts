import { z } from 'zod'
import { receiveCamera } from '../../device/receive.ts'
import { defineDriver } from '../../../device/device.ts'
import { commonConfig } from '../../frame/source-common.ts'

const { codec, pixelSizeUm } = commonConfig

/** A camera whose stream another program sends as plain RTP. It is passed on as it comes. */
export default defineDriver({
  kind: 'camera.rtp',
  family: 'camera',
  config: z.strictObject({
    codec,
    pixelSizeUm,
    port: z.number().int().min(0).max(65_535).describe('UDP, for RTP and RTCP; 0 takes a free one'),
    rtcpPort: z
      .number()
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe(
        'the port on which the sender listens for RTCP: it is asked for key frames there; left out: the one that its own RTCP comes from',
      ),
    host: z
      .union([z.ipv4(), z.ipv6()])
      .default('127.0.0.1')
      .describe(
        'the address to listen on; plain RTP says nothing of who sends: beyond loopback anybody who reaches it may',
      ),
  }),
  open({ pixelSizeUm, ...way }, context) {
    return receiveCamera({ way: 'rtp', ...way }, pixelSizeUm, context)
  },
})
