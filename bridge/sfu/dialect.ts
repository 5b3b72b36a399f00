import type { types } from 'mediasoup'
import type { Codec } from '../../shared/camera/camera.ts'
import { answered } from './answered.ts'
import { routerCodecs } from './codecs.ts'
import type { Live } from './ingest.ts'

/**
 * Who offers (WHEP) says under which payload type it wants the picture, while a router has one for all: each further
 * number is a router of its own beside the camera's, into which the picture is piped for as long as somebody watches there.
 */
const dialects = new WeakMap<types.Producer, Map<number, Promise<Live>>>()

/** The codec of a stream. */
export function codecOf({ producer }: Live): Codec {
  return producer.rtpParameters.codecs[0]?.mimeType.toLowerCase() === 'video/vp8' ? 'vp8' : 'h264'
}

/** The same stream under this payload type. Rejects when it ends meanwhile. */
export async function inDialect(live: Live, payloadType: number): Promise<Live> {
  const codec = codecOf(live)
  if (routerCodecs[codec].preferredPayloadType === payloadType) return live
  const known = dialects.get(live.producer) ?? new Map<number, Promise<Live>>()
  dialects.set(live.producer, known)
  const spoken =
    known.get(payloadType) ?? translate(live, codec, payloadType, () => known.delete(payloadType))
  known.set(payloadType, spoken)
  // What has failed may be tried again.
  spoken.catch(() => known.delete(payloadType))
  return spoken
}

async function translate(live: Live, codec: Codec, payloadType: number, onUnused: () => void): Promise<Live> {
  const router = await answered(
    live.worker.createRouter({
      mediaCodecs: [{ ...routerCodecs[codec], preferredPayloadType: payloadType }],
    }),
    'a router',
  )
  live.producer.observer.once('close', () => router.close())
  try {
    const { pipeProducer } = await answered(
      live.router.pipeToRouter({
        // Ids are unique in a worker.
        ...{ producerId: live.producer.id, router, keepId: false },
        enableSctp: false,
      }),
      'the stream',
    )
    if (!pipeProducer || live.producer.closed) throw new Error('the stream has ended')
    const viewers = new Set<string>()
    router.observer.on('newtransport', ({ id, observer }) => {
      viewers.add(id)
      observer.once('close', () => {
        viewers.delete(id)
        if (viewers.size > 0) return
        onUnused()
        router.close()
      })
    })
    return { ...live, router, producer: pipeProducer }
  } catch (error) {
    router.close()
    throw error
  }
}
