import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { exchange, linesOf, offer, WrtcEnd } from '../support/exchange.ts'
import { ask, type Headers, setUp, signedIn } from '../support/people.ts'

let bridge: Awaited<ReturnType<typeof startBridge>>
let admin: Headers
let studio: Headers
let phone: Headers
const ends: WrtcEnd[] = []

beforeAll(async () => {
  bridge = await startBridge(
    await writeBench({
      server: { localRole: 'none' },
      devices: { guest: { driver: 'camera.whip', bitrateKbps: 1500 }, sim: { driver: 'camera.sim' } },
    }),
  )
  admin = await setUp(bridge.ready.url, bridge.output)
  const token = async (name: string, role: 'operator' | 'viewer'): Promise<Headers> => {
    const wish = { name, role, scope: { devices: ['guest', 'sim'] } }
    return { authorization: `Bearer ${(await ask(bridge.ready.url, admin, 'token.add', wish)).secret}` }
  }
  studio = await token('studio', 'operator')
  phone = await token('phone', 'operator')
}, 30_000)

afterAll(async () => {
  for (const end of ends) end[Symbol.dispose]()
  await bridge.end()
})

async function stateOf(camera: string): Promise<Record<string, unknown>> {
  return (await ask(bridge.ready.url, admin, 'topic.read', { topic: `camera/${camera}` })).snapshot
}

function newEnd(): WrtcEnd {
  const end = new WrtcEnd()
  ends.push(end)
  return end
}

async function publish(headers: Headers): Promise<{ end: WrtcEnd; session: string }> {
  const end = newEnd()
  const answer = await offer(bridge.ready.url, '/whip/guest', await end.givePictures(), headers)
  expect(answer.status, answer.text).toBe(201)
  await end.take(answer.text)
  return { end, session: bridge.ready.url + answer.headers.get('location') }
}

describe('WHIP', { timeout: 30_000 }, () => {
  it('takes a publisher, shows them to viewers and by name, turns others away, and lets the same token begin anew', async () => {
    expect(await stateOf('guest')).toMatchObject({ inlet: { way: 'whip', at: '/whip/guest' } })
    expect(await stateOf('guest')).not.toHaveProperty('publication')
    const first = await publish(studio)
    await expect
      .poll(() => stateOf('guest'), { timeout: 10_000 })
      .toMatchObject({ publication: { generation: 1, codec: 'vp8' }, inlet: { by: { name: 'studio' } } })
    const watcher = newEnd()
    const seen = await offer(bridge.ready.url, '/whep/guest', await watcher.wantPictures(), admin)
    await watcher.take(seen.text)
    await expect.poll(() => watcher.pictures, { timeout: 10_000 }).toBeGreaterThan(5)

    const other = await offer(bridge.ready.url, '/whip/guest', await newEnd().givePictures(), phone)
    expect(other.status).toBe(409)
    expect(other.text).toContain('studio (127.0.0.1) publishes to guest already')

    const second = await publish(studio)
    await expect
      .poll(() => stateOf('guest'), { timeout: 10_000 })
      .toMatchObject({ publication: { generation: 2 } })
    expect(await exchange(first.session, 'DELETE', studio)).toMatchObject({ status: 404 })
    expect(await exchange(second.session, 'DELETE', phone)).toMatchObject({ status: 403 })
    expect(await exchange(second.session, 'DELETE', studio)).toMatchObject({ status: 200 })
    const after = await stateOf('guest')
    expect(after).not.toHaveProperty('publication')
    expect(after['inlet']).toEqual({ way: 'whip', at: '/whip/guest' })
    const third = await publish(phone)
    await exchange(third.session, 'DELETE', phone)
  })

  it('prefers H.264, repeats what the offer says of it, and leaves sound out', async () => {
    const obs = [
      'v=0\r\no=- 1 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=setup:actpass',
      'a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901',
      `a=fingerprint:sha-256 ${Array(32).fill('0c').join(':')}`,
      'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux',
      'a=rtpmap:111 opus/48000/2\r\na=ssrc:11 cname:obs',
      'm=video 9 UDP/TLS/RTP/SAVPF 97 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize',
      'a=rtpmap:97 VP8/90000\r\na=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 goog-remb',
      'a=fmtp:96 profile-level-id=64001f;packetization-mode=1;level-asymmetry-allowed=1\r\na=ssrc:12 cname:obs\r\n',
    ].join('\r\n')
    const answer = await offer(bridge.ready.url, '/whip/guest', obs, studio)
    expect(answer.status, answer.text).toBe(201)
    expect(linesOf(answer.text, 'm=')).toEqual([
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
    ])
    expect(linesOf(answer.text, 'a=inactive')).toHaveLength(1)
    expect(linesOf(answer.text, 'a=recvonly')).toHaveLength(1)
    expect(linesOf(answer.text, 'b=')).toEqual(['b=AS:1500'])
    expect(linesOf(answer.text, 'a=fmtp')).toEqual([
      'a=fmtp:96 profile-level-id=64001f;packetization-mode=1;level-asymmetry-allowed=1',
    ])
    const session = bridge.ready.url + answer.headers.get('location')
    expect(await exchange(session, 'DELETE', studio)).toMatchObject({ status: 200 })
    const none = obs.replaceAll('H264', 'H265').replaceAll('VP8', 'AV1')
    expect(await offer(bridge.ready.url, '/whip/guest', none, studio)).toMatchObject({ status: 406 })
    const receiving = obs.replaceAll('a=sendonly', 'a=recvonly')
    expect(await offer(bridge.ready.url, '/whip/guest', receiving, studio)).toMatchObject({ status: 422 })
    const nameless = obs.replaceAll(/a=ssrc.*\r\n/g, '')
    expect(await offer(bridge.ready.url, '/whip/guest', nameless, studio)).toMatchObject({ status: 422 })
  })

  it('is for operators and for cameras that wait for it, and its deeds are in the audit', async () => {
    const { url } = bridge.ready
    const vera = await signedIn(url, admin, 'vera', 'viewer')
    expect(await offer(url, '/whip/guest', '', vera)).toMatchObject({ status: 403 })
    expect(await offer(url, '/whip/guest', '')).toMatchObject({ status: 401 })
    const wrong = await offer(url, '/whip/sim', await newEnd().givePictures(), studio)
    expect(wrong.status).toBe(404)
    expect(wrong.text).toContain('camera.whip')
    const lines = await ask(url, admin, 'audit.read', { limit: 100 })
    const begun = lines.filter(({ action, who }) => action === 'whip.begin' && who === 'studio')
    expect(begun).toContainEqual(expect.objectContaining({ device: 'guest', outcome: 'ok' }))
    expect(begun).toContainEqual(expect.objectContaining({ device: 'sim', outcome: 'device.unsupported' }))
  })
})
