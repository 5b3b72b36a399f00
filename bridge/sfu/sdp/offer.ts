import { parse } from 'sdp-transform'
import { z } from 'zod'
import { explainIssues } from '../../../shared/wire/errors.ts'
import { ExchangeError } from '../exchange-error.ts'

const text = z.string().max(256)
const texts = z.union([z.string().max(256), z.number()]).transform(String)
const list = <T extends z.ZodType>(item: T) => z.array(item).max(256).default([])
const payload = z.number().int().min(0).max(127)
/** RFC 8839 section 5.4; in a text that is all digits sdp-transform sees a number. */
const ufrag = texts.refine(
  (value) => /^[A-Za-z0-9+/]{4,256}$/.test(value),
  'an ice-ufrag has 4 to 256 letters',
)
const password = texts.refine(
  (value) => /^[A-Za-z0-9+/]{22,256}$/.test(value),
  'an ice-pwd has 22 to 256 letters',
)
const fingerprint = z.object({ type: text, hash: text })
const setup = z.enum(['actpass', 'active', 'passive', 'holdconn'])

const mediaSection = z.object({
  type: text,
  protocol: text,
  payloads: texts.optional(),
  mid: texts.optional(),
  direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']).default('sendrecv'),
  rtcpMux: text.optional(),
  rtp: list(z.object({ payload, codec: text, rate: z.number().optional(), encoding: texts.optional() })),
  fmtp: list(z.object({ payload, config: texts })),
  rtcpFb: list(z.object({ payload: z.union([payload, text]), type: text, subtype: text.optional() })),
  ext: list(z.object({ value: z.number(), uri: text })),
  ssrcs: list(
    z.object({
      id: z
        .number()
        .int()
        .min(1)
        .max(2 ** 32 - 1),
    }),
  ),
  ssrcGroups: list(z.object({ semantics: text, ssrcs: texts })),
  iceUfrag: ufrag.optional(),
  icePwd: password.optional(),
  fingerprint: fingerprint.optional(),
  setup: setup.optional(),
})

const session = z.object({
  media: z.array(mediaSection).min(1, 'there is no m= line').max(16),
  groups: list(z.object({ type: text, mids: texts })),
  iceUfrag: ufrag.optional(),
  icePwd: password.optional(),
  fingerprint: fingerprint.optional(),
  setup: setup.optional(),
})

/** A codec as an offer names it. */
export interface OfferedCodec {
  payloadType: number
  /** In lower case, e.g. `h264`. */
  name: string
  clockRate: number
  /** As it stands in the offer: `opus/48000/2`. */
  rtpmap: { codec: string; rate?: number | undefined; encoding?: string | undefined }
  /** By their names in lower case. */
  parameters: Record<string, string>
  /** As it stands in the offer, for the answer to repeat. */
  fmtp: string | undefined
  feedback: { type: string; parameter?: string }[]
}

/** One m= line of an offer. */
export interface OfferedMedia {
  kind: string
  protocol: string
  mid: string
  payloads: string
  direction: z.infer<typeof mediaSection>['direction']
  codecs: OfferedCodec[]
  extensions: { id: number; uri: string }[]
  /** Those it sends with, first the media's and then that of its retransmissions, as far as it says. */
  ssrc: number | undefined
  bundled: boolean
}

/** An offer as WHIP and WHEP want them: all on one transport. */
export interface Offer {
  media: OfferedMedia[]
  /** Whose picture it is about: the first video. */
  video: OfferedMedia
  iceUfrag: string
  dtls: { fingerprints: { algorithm: string; value: string }[]; role: 'client' | 'server' }
}

/** Reads an offer. Throws a 400 for what is none, and a 422 for one that cannot be answered. */
export function readOffer(sdp: string): Offer {
  const parsed = session.safeParse(parse(sdp))
  if (!sdp.startsWith('v=0') || !parsed.success) {
    const why = parsed.success ? 'it does not begin with v=0' : explainIssues(parsed.error)
    throw new ExchangeError(400, 'input.invalid', `the offer is no session description: ${why}`)
  }
  const { media: sections, groups, ...common } = parsed.data
  const bundle = groups.find(({ type }) => type === 'BUNDLE')?.mids.split(' ') ?? []
  const media = sections.map((section, index) => readMedia(section, index, bundle))
  const at = sections.findIndex(({ type }) => type === 'video')
  const video = media[at]
  const section = sections[at]
  if (!video || !section) throw refused('it has no video')
  if (!section.rtcpMux) throw refused('its video does not multiplex RTCP (a=rtcp-mux)')
  const { iceUfrag, icePwd, fingerprint: print, setup: role } = { ...common, ...defined(section) }
  if (iceUfrag === undefined || icePwd === undefined) throw refused('it has no ICE credentials')
  if (!print) throw refused('it has no DTLS fingerprint')
  return {
    media,
    video,
    iceUfrag,
    dtls: {
      fingerprints: [{ algorithm: print.type.toLowerCase(), value: print.hash.toUpperCase() }],
      role: role === 'passive' ? 'server' : 'client',
    },
  }
}

function readMedia(section: z.infer<typeof mediaSection>, index: number, bundle: string[]): OfferedMedia {
  const { type, protocol, payloads = '', direction, rtp, fmtp, rtcpFb, ext, ssrcs, ssrcGroups } = section
  const mid = section.mid ?? String(index)
  const first = ssrcGroups.find(({ semantics }) => semantics === 'FID')?.ssrcs.split(' ')[0]
  return {
    ...{ kind: type, protocol, mid, payloads, direction },
    codecs: rtp.map(({ payload, ...rtpmap }) => {
      const { codec, rate = 0 } = rtpmap
      const config = fmtp.find((each) => each.payload === payload)?.config
      return {
        payloadType: payload,
        name: codec.toLowerCase(),
        clockRate: rate,
        rtpmap,
        parameters: readParameters(config),
        fmtp: config,
        feedback: rtcpFb
          .filter((each) => each.payload === payload || each.payload === '*')
          .map(({ type, subtype }) => ({ type, ...(subtype === undefined ? {} : { parameter: subtype }) })),
      }
    }),
    extensions: ext.map(({ value, uri }) => ({ id: value, uri })),
    ssrc: first === undefined ? ssrcs[0]?.id : Number(first),
    bundled: bundle.includes(mid),
  }
}

function readParameters(config = ''): Record<string, string> {
  const pairs = config.split(';').map((part) => part.trim().split('='))
  return Object.fromEntries(pairs.map(([name = '', ...value]) => [name.toLowerCase(), value.join('=')]))
}

/** What is set in a section counts over what is set for the session. */
function defined({ iceUfrag, icePwd, fingerprint, setup }: z.infer<typeof mediaSection>): object {
  const own = Object.entries({ iceUfrag, icePwd, fingerprint, setup })
  return Object.fromEntries(own.filter(([, value]) => value !== undefined))
}

function refused(why: string): ExchangeError {
  return new ExchangeError(422, 'input.invalid', `this offer cannot be answered: ${why}`)
}
