import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ExchangeError } from '../../bridge/sfu/exchange-error.ts'
import { writeAnswer } from '../../bridge/sfu/sdp/answer.ts'
import { chooseCodec } from '../../bridge/sfu/sdp/choose.ts'
import { readFragment } from '../../bridge/sfu/sdp/fragment.ts'
import { readOffer } from '../../bridge/sfu/sdp/offer.ts'
import { readIceLinks } from '../../web/camera/publish/whip.ts'
import { iceLinks, iceServersFor } from '../../bridge/sfu/ice-servers.ts'

const LINES = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE a v',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:a',
  'a=rtpmap:111 opus/48000/2',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98',
  'a=mid:v',
  'a=rtcp-mux',
  'a=ice-ufrag:0042',
  'a=ice-pwd:0123456789012345678901',
  `a=fingerprint:sha-256 ${Array(32).fill('0A').join(':')}`,
  'a=setup:actpass',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 profile-level-id=64001f;packetization-mode=1',
  'a=rtpmap:97 H264/90000',
  'a=fmtp:97 packetization-mode=1;profile-level-id=42e01f',
  'a=rtpmap:98 H264/90000',
  'a=fmtp:98 profile-level-id=42e01f',
  'a=ssrc-group:FID 7 8',
  'a=ssrc:8 cname:x',
]
const text = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`

const transport = {
  iceParameters: { usernameFragment: 'ours', password: 'ours', iceLite: true },
  iceCandidates: [],
  dtlsParameters: { role: 'auto' as const, fingerprints: [{ algorithm: 'sha-256' as const, value: 'AA' }] },
}

it('reads of an offer what an answer needs, leading zeros too', () => {
  const offer = readOffer(text(LINES))
  expect(offer).toMatchObject({ iceUfrag: '0042', dtls: { role: 'client' }, video: { mid: 'v', ssrc: 7 } })
  expect(offer.media.map(({ kind, bundled }) => [kind, bundled])).toEqual([
    ['audio', true],
    ['video', true],
  ])
})

it('prefers constrained baseline in fragments, and takes whatever comes from one who sends', () => {
  const offer = readOffer(text(LINES))
  expect(chooseCodec(offer, 'h264', 'send')?.payloadType).toBe(97)
  const single = readOffer(text(LINES.filter((line) => !/:9[67] /.test(line))))
  expect(chooseCodec(single, 'h264', 'send')).toBe(undefined)
  expect(chooseCodec(single, 'h264', 'receive')?.payloadType).toBe(98)
  expect(chooseCodec(offer, 'vp8', 'send')).toBe(undefined)
})

it('answers any offer or refuses it with a status, whatever becomes of its lines', () => {
  const line = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...LINES) },
    fc.tuple(fc.constantFrom(...LINES), fc.string()).map(([known, junk]) => known.slice(0, 12) + junk),
    fc.constantFrom(
      'a=mid:__proto__',
      'a=fmtp:97 __proto__=x;constructor=y',
      'm=video 0 X 1',
      'a=ice-ufrag:1e9',
    ),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      for (const sdp of [text(lines), text([...LINES, ...lines])]) {
        try {
          const offer = readOffer(sdp)
          const codec = chooseCodec(offer, 'h264', 'send')
          if (!codec) continue
          const agreed = { direction: 'sendonly' as const, codec, feedback: [], extensions: [] }
          const answer = writeAnswer(offer, agreed, transport)
          expect(answer.match(/^m=/gm)).toHaveLength(offer.media.length)
        } catch (error) {
          expect(error).toBeInstanceOf(ExchangeError)
        }
      }
      try {
        readFragment(text(lines))
      } catch (error) {
        expect(error).toBeInstanceOf(ExchangeError)
      }
    }),
  )
})

it('says the servers in Link headers as our own page reads them', () => {
  const config = [
    { urls: ['stun:a', 'turn:b:3478?transport=tcp'], username: 'x;y', credential: 'q"\\, z' },
    { urls: ['turn:c'], secret: 'shared' },
  ]
  const servers = iceServersFor(config, 'anna', 1_000_000)
  // echo -n '87400:anna' | openssl dgst -sha1 -hmac shared -binary | base64
  expect(servers[1]).toMatchObject({ username: '87400:anna', credential: 'GHYrSkTwNVtHD1ionKqAcHMCcSQ=' })
  expect(readIceLinks(iceLinks(servers).join(', '))).toEqual([
    { urls: 'stun:a', username: 'x;y', credential: 'q"\\, z' },
    { urls: 'turn:b:3478?transport=tcp', username: 'x;y', credential: 'q"\\, z' },
    { urls: 'turn:c', ...{ username: '87400:anna', credential: servers[1]?.credential } },
  ])
})
