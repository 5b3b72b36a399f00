import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { exchange, type Exchanged, linesOf, offer, WrtcEnd } from '../support/exchange.ts'
import { ask, type Headers, setUp } from '../support/people.ts'

const FRAGMENT = 'application/trickle-ice-sdpfrag'
const turn = { urls: ['turn:turn.lab.example:3478?transport=udp'], username: 'lab', credential: 'a"b' }

let bridge: Awaited<ReturnType<typeof startBridge>>
let admin: Headers
let bearer: Headers
let tokenId: string
const ends: WrtcEnd[] = []

beforeAll(async () => {
  const sim = { driver: 'camera.sim', width: 160, height: 120 }
  bridge = await startBridge(
    await writeBench({
      server: { localRole: 'none' },
      media: { port: 0, iceServers: [turn, { urls: 'turns:day.lab.example', secret: 's' }] },
      devices: { soft: { ...sim, codec: 'vp8' }, hard: sim },
    }),
  )
  admin = await setUp(bridge.ready.url, bridge.output)
  const { secret, id } = await ask(bridge.ready.url, admin, 'token.add', {
    ...{ name: 'player', role: 'viewer', scope: { devices: ['soft', 'hard'] } },
  })
  bearer = { authorization: `Bearer ${secret}` }
  tokenId = id
  for (const camera of ['soft', 'hard'])
    await vi.waitFor(async () => expect(await stateOf(camera)).toHaveProperty('publication'), 20_000)
}, 30_000)

afterAll(async () => {
  for (const end of ends) end[Symbol.dispose]()
  await bridge.end()
})

async function stateOf(camera: string): Promise<Record<string, unknown>> {
  return (await ask(bridge.ready.url, admin, 'topic.read', { topic: `camera/${camera}` })).snapshot
}

async function viewersOf(camera: string): Promise<object[]> {
  return Object.values<object>(((await stateOf(camera))['viewers'] ?? {}) as Record<string, object>)
}

function newEnd(): WrtcEnd {
  const end = new WrtcEnd()
  ends.push(end)
  return end
}

async function watch(): Promise<{ end: WrtcEnd; session: string; etag: string; sdp: string }> {
  const end = newEnd()
  const sdp = await end.wantPictures()
  const answer = await offer(bridge.ready.url, '/whep/soft', sdp, bearer)
  expect(answer.status, answer.text).toBe(201)
  await end.take(answer.text)
  const { headers } = answer
  return { end, session: headers.get('location') ?? '', etag: headers.get('etag') ?? '', sdp }
}

describe('WHEP', { timeout: 30_000 }, () => {
  it('shows a camera to a player, counts it among the viewers, and ends it with DELETE', async () => {
    const end = newEnd()
    const answer = await offer(bridge.ready.url, '/whep/soft', await end.wantPictures(), bearer)
    expect(answer.status).toBe(201)
    expect(answer.headers.get('content-type')).toBe('application/sdp')
    expect(answer.headers.get('location')).toMatch(/^\/whep\/soft\/[0-9a-f-]{36}$/)
    expect(answer.headers.get('etag')).toMatch(/^"[^"]+"$/)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(linesOf(answer.text, 'm=').map((line) => line.slice(0, 9))).toEqual(['m=audio 9', 'm=video 9'])
    expect(linesOf(answer.text, 'a=inactive')).toHaveLength(1)
    expect(linesOf(answer.text, 'a=sendonly')).toHaveLength(1)
    await end.take(answer.text)
    await expect.poll(() => end.pictures, { timeout: 10_000 }).toBeGreaterThan(5)
    await expect
      .poll(() => viewersOf('soft'))
      .toMatchObject([{ name: 'player', quality: 'full', path: expect.stringMatching(/^udp /) }])
    const session = bridge.ready.url + answer.headers.get('location')
    expect(await exchange(session, 'DELETE', bearer)).toMatchObject({ status: 200, text: '' })
    expect(await viewersOf('soft')).toEqual([])
    expect(await exchange(session, 'DELETE', bearer)).toMatchObject({ status: 404 })
  })

  it('names the STUN and TURN servers in Link headers, with passwords for a day where there is a secret', async () => {
    const end = newEnd()
    const answer = await offer(bridge.ready.url, '/whep/soft', await end.wantPictures(), bearer)
    const link = answer.headers.get('link') ?? ''
    expect(link).toContain(
      '<turn:turn.lab.example:3478?transport=udp>; rel="ice-server"; username="lab"; credential="a\\"b"; credential-type="password"',
    )
    expect(link).toMatch(
      /<turns:day\.lab\.example>; rel="ice-server"; username="\d+:player"; credential="[\w+/]{27}="/,
    )
    await exchange(bridge.ready.url + answer.headers.get('location'), 'DELETE', bearer)
  })

  it('sends H.264 under the number that the offer gives it, and keeps the rest of the offer out of it', async () => {
    const recvonly = [
      'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE v d',
      'm=video 9 UDP/TLS/RTP/SAVPF 121 125 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\na=recvonly\r\na=rtcp-mux',
      'a=ice-ufrag:0123\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass',
      `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
      'a=rtpmap:121 H264/90000\r\na=fmtp:121 packetization-mode=0;profile-level-id=42e01f',
      'a=rtpmap:125 H264/90000\r\na=fmtp:125 packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1',
      'a=rtcp-fb:125 nack\r\na=rtcp-fb:125 nack pli\r\na=rtpmap:96 VP8/90000',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\na=sctp-port:5000\r\n',
    ].join('\r\n')
    const answer = await offer(bridge.ready.url, '/whep/hard', recvonly, bearer)
    expect(answer.status, answer.text).toBe(201)
    expect(linesOf(answer.text, 'm=')).toEqual([
      'm=video 9 UDP/TLS/RTP/SAVPF 125',
      'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
    ])
    expect(linesOf(answer.text, 'a=group')).toEqual(['a=group:BUNDLE v'])
    expect(linesOf(answer.text, 'a=fmtp')).toEqual([
      'a=fmtp:125 packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1',
    ])
    expect(linesOf(answer.text, 'a=rtcp-fb')).toEqual(['a=rtcp-fb:125 nack', 'a=rtcp-fb:125 nack pli'])
    expect(linesOf(answer.text, 'a=setup')).toEqual(['a=setup:passive'])
    expect(linesOf(answer.text, 'a=ice-lite')).toHaveLength(1)
    const candidates = linesOf(answer.text, 'a=candidate').map((line) => line.split(' ')[2])
    expect(candidates).toEqual(['udp', 'tcp'])
    // A second of the same number goes on when the first leaves, and another can come after both.
    const leave = ({ headers }: Exchanged) =>
      exchange(bridge.ready.url + headers.get('location'), 'DELETE', bearer)
    const second = await offer(bridge.ready.url, '/whep/hard', recvonly, bearer)
    expect(await leave(answer)).toMatchObject({ status: 200 })
    expect(await leave(second)).toMatchObject({ status: 200 })
    const third = await offer(bridge.ready.url, '/whep/hard', recvonly, bearer)
    expect(third.status).toBe(201)
    await leave(third)
  })

  it('takes candidates, restarts ICE for If-Match: *, and the picture goes on', async () => {
    const { end, session, etag, sdp } = await watch()
    const url = bridge.ready.url + session
    await expect.poll(() => end.pictures, { timeout: 10_000 }).toBeGreaterThan(0)
    const credentials = (from: string): string =>
      [...linesOf(from, 'a=ice-ufrag').slice(0, 1), ...linesOf(from, 'a=ice-pwd').slice(0, 1)].join('\r\n')
    const fragment = `${credentials(sdp)}\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n`
    const patch = (body: string, ifMatch?: string, type = FRAGMENT) =>
      exchange(
        url,
        'PATCH',
        { ...bearer, 'Content-Type': type, ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }) },
        body,
      )
    expect(await patch(fragment)).toMatchObject({ status: 428 })
    expect(await patch(fragment, '"stale"')).toMatchObject({ status: 412 })
    expect(await patch(fragment, etag, 'application/sdp')).toMatchObject({ status: 415 })
    expect(await patch('nonsense', etag)).toMatchObject({ status: 400 })
    expect(await patch(fragment, etag)).toMatchObject({ status: 204, text: '' })

    const restart = `${credentials(await end.restart())}\r\n`
    expect(await patch(restart, etag)).toMatchObject({ status: 422 })
    const restarted = await patch(restart, '*')
    expect(restarted.status).toBe(200)
    expect(restarted.headers.get('content-type')).toBe(FRAGMENT)
    const renewed = restarted.headers.get('etag') ?? ''
    expect(renewed).not.toBe(etag)
    expect(await patch(restart, etag)).toMatchObject({ status: 412 })
    expect(await patch(restart, renewed)).toMatchObject({ status: 204 })
    expect(linesOf(restarted.text, 'a=candidate').length).toBeGreaterThan(0)

    // As clients do it: the answer they have, with the new credentials in it.
    const old = end.connection.remoteDescription?.sdp ?? ''
    const [ufrag, password] = credentials(restarted.text).split('\r\n') as [string, string]
    await end.take(old.replace(/a=ice-ufrag:.*/g, ufrag).replace(/a=ice-pwd:.*/g, password))
    const before = end.pictures
    await expect.poll(() => end.pictures, { timeout: 10_000 }).toBeGreaterThan(before + 5)
    await exchange(url, 'DELETE', bearer)
  })

  it('refuses with the status of the standard, and says why', async () => {
    const { url } = bridge.ready
    const good = await newEnd().wantPictures()
    const before = (await viewersOf('soft')).length
    const status = async (...args: Parameters<typeof offer>): Promise<number> => (await offer(...args)).status
    expect(await status(url, '/whep/soft', good)).toBe(401)
    expect((await offer(url, '/whep/soft', good)).headers.get('www-authenticate')).toBe('Bearer')
    expect(await status(url, '/whep/soft', good, { authorization: 'Bearer lb_nothing' })).toBe(401)
    expect(await status(url, '/whep/soft', good, { ...bearer, 'Content-Type': 'text/plain' })).toBe(415)
    expect(await status(url, '/whep/soft', `v=0\r\n${'a=x\r\n'.repeat(20_000)}`, bearer)).toBe(413)
    for (const bad of ['', 'hello', '{}', 'v=0\r\n', 'v=0\r\nm=video 9 RTP/AVP 96\r\na=ice-ufrag:x y\r\n'])
      expect(await status(url, '/whep/soft', bad, bearer), bad).toBe(400)
    expect(await status(url, '/whep/soft', good.replaceAll('a=rtcp-mux\r\n', ''), bearer)).toBe(422)
    expect(await status(url, '/whep/soft', good.replaceAll(/a=ice-ufrag.*\r\n/g, ''), bearer)).toBe(422)
    expect(await status(url, '/whep/soft', good.replaceAll('a=recvonly', 'a=sendonly'), bearer)).toBe(422)
    expect(
      await status(
        url,
        '/whep/soft',
        good.replaceAll(/fingerprint:sha-256 .*/g, 'fingerprint:sha-256 zz'),
        bearer,
      ),
    ).toBe(422)
    const unknown = await offer(url, '/whep/hard', good, bearer)
    expect(unknown.status).toBe(406)
    expect(unknown.text).toContain('H.264')
    expect(await status(url, '/whep/nowhere', good, admin)).toBe(404)
    expect(await status(url, '/whep/nowhere', good, bearer)).toBe(403)
    for (const method of ['GET', 'PUT']) {
      const wrong = await exchange(`${url}/whep/soft`, method, bearer)
      expect(wrong.status).toBe(405)
      expect(wrong.headers.get('allow')).toContain('POST')
    }
    expect(await viewersOf('soft')).toHaveLength(before)
  })

  it('lets pages of any origin in by a token and by nothing else, and answers their preflight', async () => {
    const { url } = bridge.ready
    const origin = { origin: 'https://player.example' }
    const preflight = await exchange(`${url}/whep/soft`, 'OPTIONS', origin)
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization')
    expect(preflight.headers.get('accept-post')).toBe('application/sdp')
    const ofSession = await exchange(`${url}/whep/soft/x`, 'OPTIONS', origin)
    expect(ofSession.headers.get('access-control-allow-methods')).toContain('PATCH, DELETE')
    const sdp = await newEnd().wantPictures()
    expect(await offer(url, '/whep/soft', sdp, { ...origin, ...admin })).toMatchObject({ status: 401 })
    const answer = await offer(url, '/whep/soft', sdp, { ...origin, ...bearer })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('access-control-expose-headers')).toContain('Location')
    await exchange(url + answer.headers.get('location'), 'DELETE', { ...origin, ...bearer })
    expect(await exchange(`${url}/api/openapi.json`, 'GET', origin)).toMatchObject({ status: 403 })
  })

  it('keeps a session from others, and ends it when its token is revoked', async () => {
    const { end, session } = await watch()
    const url = bridge.ready.url + session
    const { secret } = await ask(bridge.ready.url, admin, 'token.add', { name: 'other', role: 'operator' })
    expect(await exchange(url, 'DELETE', { authorization: `Bearer ${secret}` })).toMatchObject({
      status: 403,
    })
    expect(await exchange(url.replace('/soft/', '/hard/'), 'DELETE', bearer)).toMatchObject({ status: 404 })
    await expect.poll(() => end.pictures, { timeout: 10_000 }).toBeGreaterThan(0)
    await ask(bridge.ready.url, admin, 'token.revoke', { id: tokenId })
    await expect.poll(() => viewersOf('soft'), { timeout: 10_000 }).toEqual([])
  })
})
