import { z } from 'zod'
import { parse, write } from 'sdp-transform'
import { ExchangeError } from '../exchange-error.ts'
import { describeIce, type OurTransport } from './answer.ts'

const texts = z
  .union([z.string().max(256), z.number()])
  .transform(String)
  .optional()
const credentials = z.object({ iceUfrag: texts, icePwd: texts })
const fragment = credentials.extend({ media: z.array(credentials).max(16) })

/** What a client's fragment (RFC 8840 section 9) says of its end: its candidates need not be known to an ICE-lite agent. */
export function readFragment(text: string): { iceUfrag: string; icePwd: string } {
  const parsed = fragment.safeParse(parse(text))
  const all = parsed.success ? [parsed.data, ...parsed.data.media] : []
  const found = all.find(({ iceUfrag, icePwd }) => iceUfrag !== undefined && icePwd !== undefined)
  if (found?.iceUfrag !== undefined && found.icePwd !== undefined)
    return { iceUfrag: found.iceUfrag, icePwd: found.icePwd }
  throw new ExchangeError(
    400,
    'input.invalid',
    'the body is no SDP fragment with a=ice-ufrag and a=ice-pwd (RFC 8840 section 9)',
  )
}

/** Our end of the transport, for the client to begin again with. */
export function writeFragment(transport: OurTransport, mid: string): string {
  const { iceUfrag, icePwd, ...rest } = describeIce(transport) as Record<string, unknown>
  const section = {
    type: 'video',
    port: 9,
    protocol: 'UDP/TLS/RTP/SAVPF',
    payloads: '0',
    mid,
    rtp: [],
    fmtp: [],
    ...rest,
  }
  // A fragment has none of the lines that a whole session begins with.
  const text = write({ icelite: 'ice-lite', iceUfrag, icePwd, media: [section] })
  const kept = text.split('\r\n').filter((line) => !/^[vost]=/.test(line))
  return kept.join('\r\n')
}
