import type { Codec } from '../../../shared/camera/camera.ts'
import type { Offer, OfferedCodec } from './offer.ts'

const CONSTRAINED_BASELINE = /^42[0-9a-f]/i

/** How well a codec of an offer suits, the least being the best; undefined where it does not (RFC 6184 section 8.1). */
function rank(offered: OfferedCodec, codec: Codec): number | undefined {
  if (offered.name !== codec) return undefined
  if (codec === 'vp8') return 0
  const profile = offered.parameters['profile-level-id'] ?? '42e01f'
  const single = (offered.parameters['packetization-mode'] ?? '0') === '0'
  const constraints = parseInt(profile.slice(2, 4), 16)
  // Whoever decodes a larger profile decodes constrained baseline too.
  const distance = CONSTRAINED_BASELINE.test(profile) ? ((constraints & 0x40) !== 0 ? 0 : 1) : 2
  return distance + (single ? 10 : 0)
}

/** The codec of an offer that suits best for a stream of `codec`; `packets` are larger than one NAL unit may be. */
export function chooseCodec(
  { video }: Offer,
  codec: Codec,
  way: 'send' | 'receive',
): OfferedCodec | undefined {
  const ranked = video.codecs.flatMap((offered) => {
    const distance = rank(offered, codec)
    // What we send may be in fragments, which a receiver of single NAL units does not know.
    const fits = distance !== undefined && (way === 'receive' || distance < 10)
    return fits ? [{ offered, distance }] : []
  })
  return ranked.sort((a, b) => a.distance - b.distance)[0]?.offered
}
