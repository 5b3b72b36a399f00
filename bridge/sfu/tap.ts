import type { Tap } from '../device/publisher.ts'
import { answered } from './answered.ts'
import { codecOf } from './dialect.ts'
import type { Live } from './ingest.ts'

/**
 * Sends a stream's RTP packets, and RTCP with them, to a UDP port of loopback, beginning with a key frame. It ends with the
 * stream, or when disposed of. Rejects when the stream has ended.
 */
export async function tapRtp(live: Live, port: number): Promise<Tap> {
  const { router, producer } = live
  const transport = await answered(
    router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: false,
    }),
    'a transport',
  )
  try {
    await answered(transport.connect({ ip: '127.0.0.1', port }), 'the connection')
    const consumer = await answered(
      transport.consume({
        producerId: producer.id,
        // Over loopback nothing is lost that could be asked for again.
        rtpCapabilities: { codecs: router.rtpCapabilities.codecs ?? [], headerExtensions: [] },
        enableRtx: false,
        paused: true,
      }),
      'the stream',
    )
    consumer.once('producerclose', () => transport.close())
    const payloadType = consumer.rtpParameters.codecs[0]?.payloadType
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc
    if (payloadType === undefined || ssrc === undefined) throw new Error('the tap has no stream')
    await answered(consumer.resume(), 'the stream')
    return {
      ...{ codec: codecOf(live), ssrc, payloadType },
      wantKey: () => answered(consumer.requestKeyFrame(), 'a key frame'),
      [Symbol.dispose]: () => transport.close(),
    }
  } catch (error) {
    transport.close()
    throw error
  }
}
