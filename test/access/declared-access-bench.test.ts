import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Command } from '../../shared/wire/command.ts'
import { type CommandName, commands, type InputOf } from '../../shared/commands.ts'
import type { Result } from '../../shared/wire/errors.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { exchange, offer, WrtcEnd } from '../support/exchange.ts'
import { ask, type Headers, post, setUp, signedIn } from '../support/people.ts'
import { Client } from '../support/socket.ts'

/** Members of inputs that open what somebody has made. */
const OBJECTS = ['viewer', 'picker', 'undo']
const MJPEG_PLACES = 8

let bridge: Awaited<ReturnType<typeof startBridge>>
let url: string
let admin: Headers
let anna: Headers
let ben: Headers

beforeAll(async () => {
  const sim = { driver: 'camera.sim', width: 160, height: 120, codec: 'vp8' }
  const server = { localRole: 'none' }
  bridge = await startBridge(await writeBench({ server, devices: { slide: sim, other: sim } }))
  url = bridge.ready.url
  admin = await setUp(url, bridge.output)
  anna = await signedIn(url, admin, 'anna', 'operator')
  ben = await signedIn(url, admin, 'ben', 'operator')
  await vi.waitFor(async () => expect(await stateOf('slide')).toHaveProperty('publication'), 20_000)
}, 30_000)

afterAll(() => bridge.end())

type Wish = Omit<InputOf<'token.add'>, 'name'>

async function token(wish: Wish): Promise<{ id: string; headers: Headers }> {
  const { id, secret } = await ask(url, admin, 'token.add', { name: 'test', ...wish })
  return { id, headers: { authorization: `Bearer ${secret}` } }
}

async function stateOf(camera: string): Promise<Record<string, unknown>> {
  return (await ask(url, admin, 'topic.read', { topic: `camera/${camera}` })).snapshot
}

const viewersOf = async (camera: string): Promise<Record<string, { name: string }>> =>
  ((await stateOf(camera))['viewers'] ?? {}) as Record<string, { name: string }>

async function codeOf(headers: Headers, name: CommandName, input: unknown): Promise<string> {
  const answer = await post(url, `/api/commands/${name}`, input, headers)
  const result = (await answer.json()) as Result<unknown>
  return result.ok ? 'ok' : result.error.code
}

const pictures = (headers: Headers, camera = 'slide'): Promise<Response> =>
  fetch(`${url}/api/cameras/${camera}/mjpeg`, { headers })

/** Reads until the answer is over, whole or not. */
async function ended({ body }: Response): Promise<void> {
  try {
    for await (const part of body!) void part
  } catch {
    // Broken off: that is an end too.
  }
}

describe('a token', { timeout: 20_000 }, () => {
  it('that is bound to a device reads the topics of that one, and of no other', async () => {
    const { headers } = await token({ role: 'viewer', scope: { devices: ['slide'] } })
    expect(await codeOf(headers, 'topic.read', { topic: 'camera/slide' })).toBe('ok')
    const others = ['camera/other', 'bench', 'control', 'views', 'watches', 'watchlist', 'camera/nothing']
    for (const topic of others)
      expect(await codeOf(headers, 'topic.read', { topic }), topic).toBe('scope.exceeded')
    expect((await pictures(headers, 'other')).status).toBe(403)
  })

  it('that is bound to a device opens on a connection what is of that one, whatever else it names', async () => {
    const { headers } = await token({ role: 'operator', scope: { devices: ['slide'] } })
    using client = await Client.connect(url, headers)
    const input = { camera: 'other', window: 1 }
    const foreign = { error: { code: 'scope.exceeded' } }
    for (const name of ['camera.join', 'frames.open', 'pictures.open'] as const) {
      const both = await client.ask(name, { ...input, device: 'slide' })
      expect(both, name).toMatchObject({
        error: { code: 'input.invalid', message: expect.stringContaining('device') },
      })
    }
    expect(await client.ask('camera.join', { camera: 'other' })).toMatchObject(foreign)
    expect(await client.ask('pictures.open', { camera: 'other', window: 1 })).toMatchObject(foreign)
    expect(await client.ask('stream.open', { stream: 'frames/other', window: 1 })).toMatchObject(foreign)
    expect(await client.ask('pictures.open', { camera: 'slide', window: 1 })).toMatchObject({ ok: true })
  })

  it('that was revoked, or has expired, is nobody’s', async () => {
    const revoked = await token({ role: 'administrator' })
    expect(await codeOf(revoked.headers, 'user.list', {})).toBe('ok')
    await ask(url, admin, 'token.revoke', { id: revoked.id })
    const expired = await token({ role: 'administrator', expiresAt: Date.now() + 500 })
    await vi.waitFor(
      async () => expect(await codeOf(expired.headers, 'user.list', {})).toBe('session.required'),
      5000,
    )
    for (const { headers } of [revoked, expired]) {
      for (const [name, { only }] of Object.entries<Command>(commands)) {
        if (only === 'socket') continue
        expect(await codeOf(headers, name as CommandName, {}), name).toBe('session.required')
      }
      await expect(Client.connect(url, headers)).rejects.toMatchObject({ code: 'session.required' })
    }
  })
})

describe('what streams', { timeout: 20_000 }, () => {
  it('ends when its token is revoked', async () => {
    const { id, headers } = await token({ role: 'viewer', scope: { devices: ['slide'] } })
    const answer = await pictures(headers)
    expect(answer.status).toBe(200)
    const over = ended(answer)
    await ask(url, admin, 'token.revoke', { id })
    const revokedAt = performance.now()
    await over
    expect(performance.now() - revokedAt).toBeLessThan(2500)
  })

  it('ends when its user is removed', async () => {
    const carol = await signedIn(url, admin, 'carol', 'viewer')
    const over = ended(await pictures(carol))
    await ask(url, admin, 'user.remove', { name: 'carol' })
    await over
  })

  it('has places, so many for one person, and gives them back', async () => {
    const answers = await Promise.all(Array.from({ length: MJPEG_PLACES }, () => pictures(ben)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect((await pictures(ben)).status).toBe(429)
    const another = await pictures(anna)
    expect(another.status).toBe(200)
    await Promise.all([another, ...answers].map(({ body }) => body!.cancel()))
    await vi.waitFor(async () => {
      const again = await pictures(ben)
      await again.body!.cancel()
      expect(again.status).toBe(200)
    }, 5000)
  })
})

describe('what somebody has made', { timeout: 20_000 }, () => {
  const REFUSED = { ok: false, error: { code: expect.stringMatching(/^(media|watch)\./) } }
  const parameters = {
    role: 'client',
    fingerprints: [{ algorithm: 'sha-256', value: 'AB:'.repeat(31) + 'AB' }],
  }
  const capabilities = {
    codecs: [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, preferredPayloadType: 96 }],
    headerExtensions: [],
  }
  /** The commands that open it, in the order in which its owner may do them. */
  const steps: [CommandName, object][] = [
    ['camera.connect', { dtlsParameters: parameters }],
    ['camera.consume', { rtpCapabilities: capabilities }],
    ['camera.resume', {}],
    ['camera.restartIce', {}],
    ['viewer.report', { fps: 30 }],
    ['camera.leave', {}],
  ]

  it('is asked for by these commands alone, each of which is asked here or in the test of pickers', () => {
    const opening = Object.entries<Command>(commands)
      .filter(([, { input }]) => OBJECTS.some((member) => member in input.shape))
      .map(([name]) => name)
    const pickers = ['picker.at', 'picker.step', 'picker.close']
    expect(opening.sort()).toEqual([...steps.map(([name]) => name), ...pickers, 'watch.restore'].sort())
  })

  it('a viewer is its page’s: nobody else ends it, nor does anything in its name', async () => {
    const { headers } = await token({ role: 'viewer', scope: { devices: ['slide'] } })
    using owner = await Client.connect(url, anna)
    const { viewer } = await owner.call('camera.join', { camera: 'slide' })
    const [shown] = Object.entries(await viewersOf('slide')).find(([, { name }]) => name === 'anna') ?? []
    expect(shown).toBeDefined()
    expect(shown).not.toBe(viewer)
    using elsewhere = await Client.connect(url, anna)
    using other = await Client.connect(url, ben)
    using foreign = await Client.connect(url, headers)
    for (const [name, input] of steps) {
      for (const client of [elsewhere, other, foreign]) {
        expect(await client.ask(name, { viewer, ...input }), name).toMatchObject(REFUSED)
        expect(await client.ask(name, { viewer: shown, ...input }), name).toMatchObject(REFUSED)
      }
      expect(await owner.ask(name, { viewer: shown, ...input }), name).toMatchObject(REFUSED)
      expect(await owner.ask(name, { viewer, ...input }), name).toMatchObject({ ok: true })
    }
  })

  it('a viewer of pictures is its page’s as well', async () => {
    using owner = await Client.connect(url, anna)
    using other = await Client.connect(url, ben)
    const { viewer } = await owner.call('pictures.open', { camera: 'slide', window: 1 })
    expect(Object.keys(await viewersOf('slide'))).not.toContain(viewer)
    expect(await other.ask('viewer.report', { viewer, fps: 1 })).toMatchObject(REFUSED)
    expect(await owner.ask('viewer.report', { viewer, fps: 1 })).toMatchObject({ ok: true })
  })

  it('a session of WHEP is ended by whom it belongs to, also where others may watch the same camera', async () => {
    const [mine, others] = [await token({ role: 'viewer' }), await token({ role: 'viewer' })]
    using end = new WrtcEnd()
    const answer = await offer(url, '/whep/slide', await end.wantPictures(), mine.headers)
    const session = url + answer.headers.get('location')
    expect((await exchange(session, 'DELETE', others.headers)).status).toBe(403)
    expect((await exchange(session, 'DELETE', mine.headers)).status).toBe(200)
  })

  it('what was removed is brought back by whoever removed it, on any page of theirs', async () => {
    const what = {
      kind: 'reading',
      device: 'slide',
      source: { from: 'topic', path: 'rates.captureFps' },
    } as const
    const { id } = await ask(url, anna, 'watch.save', {
      name: 'w',
      what: { ...what, condition: { is: 'missing' } },
    })
    const { undo } = await ask(url, anna, 'watch.remove', { ids: [id] })
    expect(await codeOf(ben, 'watch.restore', { undo })).toBe('watch.unknown')
    expect(await codeOf(anna, 'watch.restore', { undo })).toBe('ok')
  })

  it('the lease is given up by its holder alone', async () => {
    using holder = await Client.operate(url, anna)
    using other = await Client.connect(url, ben)
    for (const name of ['lease.release', 'lease.beat'] as const) {
      expect(await other.ask(name, {})).toMatchObject({ error: { code: 'lease.required' } })
      expect(await holder.ask('lease.beat', {})).toMatchObject({ ok: true })
    }
    await holder.call('lease.release', {})
  })
})
