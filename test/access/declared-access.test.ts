import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { role, satisfies } from '../../shared/access/access.ts'
import { type Command, reachOf } from '../../shared/wire/command.ts'
import { commands } from '../../shared/commands.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { topicName, topics } from '../../shared/topics.ts'
import { benchRoutes } from '../../bridge/bench/bench-routes.ts'
import type { Caller } from '../../bridge/device/device.ts'
import { Commands } from '../../bridge/server/call.ts'
import { TrustedProxies } from '../../bridge/core/trusted-proxies.ts'
import { createHttp } from '../../bridge/server/http.ts'
import { Door } from '../../bridge/server/origin.ts'
import type { Route } from '../../bridge/server/route.ts'
import type { Identity } from '../../bridge/server/who.ts'
import { callerAs } from '../support/caller.ts'
import { sampleOf } from '../support/sample-input.ts'

const OWN = 'slide'
const OTHER = 'other'
const all = Object.entries<Command>(commands)

/** Everybody who may ask: by what they are let in, and what they are bound to. An expired or revoked token is nobody. */
const people: Record<string, Pick<Identity, 'role' | 'scope' | 'via'> | undefined> = {
  nobody: undefined,
  viewer: { role: 'viewer', via: 'session' },
  operator: { role: 'operator', via: 'session' },
  administrator: { role: 'administrator', via: 'session' },
  'somebody who is bound to it': { role: 'operator', via: 'session', scope: { devices: [OWN] } },
  'somebody who is bound to another device': {
    role: 'operator',
    via: 'session',
    scope: { devices: [OTHER] },
  },
  'a token for it': { role: 'administrator', via: 'token', scope: { devices: [OWN] } },
  'a token for another device': { role: 'administrator', via: 'token', scope: { devices: [OTHER] } },
}
const everybody = Object.entries(people)

let callers = 0
/** Somebody new each time: nobody calls too often. */
function somebody(part: Partial<Caller>): Caller {
  callers += 1
  return callerAs({
    via: 'token',
    name: `ada-${callers}`,
    key: `key-${callers}`,
    client: `client-${callers}`,
    ...part,
  })
}

describe('every command', () => {
  const log = pino({ level: 'silent' })
  const device = (id: string): never => {
    throw new BenchError('device.unknown', 'that is as far as a test goes', { device: id })
  }
  const gates = { permit: () => {}, mayContinue: () => {}, requireProof: () => {}, audit: () => {} }
  const doors = new Commands({ handlers: {}, device, ...gates, log })
  /** What a call that was let through ends with here: there are no handlers, and no devices. */
  const LET_THROUGH = ['device.unknown', 'device.unsupported']

  const feed = { topic: `camera/${OWN}`, stream: `power/${OWN}/3` }
  const inputOf = ({ input }: Command): unknown => sampleOf(input, { device: OWN, camera: OWN, ...feed })

  /** What the declaration says comes of a call of it that names the device `slide`. */
  function expected(command: Command, who: (typeof people)[string]): string[] {
    if (!who) return ['session.required']
    if (!satisfies(who.role, command.role)) return ['role.required']
    const reach = reachOf(command)
    if (!who.scope || reach === 'self') return LET_THROUGH
    if (reach === 'bench') return command.safe ? LET_THROUGH : ['scope.exceeded']
    if (reach === 'page') return who.via === 'session' ? LET_THROUGH : ['scope.exceeded']
    return who.scope.devices?.includes(OWN) ? LET_THROUGH : ['scope.exceeded']
  }

  it.each(all)('%s lets through whom it declares', async (name, command) => {
    const input = inputOf(command)
    for (const [called, who] of everybody) {
      const result = await doors.call(name, input, who && somebody(who))
      expect(expected(command, who), called).toContain(result.ok ? 'ok' : result.error.code)
    }
  })

  it.each(all.filter(([, command]) => reachOf(command) === 'feed'))(
    '%s lets a token that is bound to devices near no topic or stream of others, nor of the bench',
    async (name, command) => {
      const bound = { role: 'administrator' as const, scope: { devices: [OWN] } }
      const member = Object.keys(command.input.shape).find((each) => each === 'topic' || each === 'stream')!
      const names = [...Object.keys(topics), ...['power', 'readings', 'frames', 'pictures']]
      for (const kind of names) {
        for (const feed of [kind, `${kind}/${OTHER}`, `${kind}/${OTHER}/${OWN}`, `${kind}//${OWN}`]) {
          const result = await doors.call(name, sampleOf(command.input, { [member]: feed }), somebody(bound))
          expect(result, feed).toMatchObject({ error: { code: 'scope.exceeded' } })
        }
      }
    },
  )

  it('asks of a topic for the role that the topic declares', async () => {
    for (const [kind, { role: needed }] of Object.entries(topics)) {
      const topic = topicName(kind as keyof typeof topics, OWN)
      for (const held of role.options) {
        const result = await doors.call('topic.read', { topic }, somebody({ role: held }))
        const code = result.ok ? 'ok' : result.error.code
        expect(satisfies(held, needed) ? LET_THROUGH : ['role.required']).toContain(code)
      }
    }
  })
})

/** An answer that begins and does not end. */
function beginning(): Readable {
  const body = new Readable({ read: () => {} })
  body.push('beginning')
  return body
}

describe('every route', () => {
  /** Stands for every part of a bench: whatever is asked of it, it is that part's part. */
  const anything: unknown = new Proxy(() => undefined, {
    get: (_, name) => (name === Symbol.iterator ? [][Symbol.iterator].bind([]) : anything),
    apply: () => anything,
  })
  const parts = Object.assign(Object.create(anything as object) as object, {
    pageDir: '/nowhere',
    compat: [],
    version: '',
  })
  const routes = benchRoutes(parts as never)

  let reached: Route | undefined
  let who: Identity | undefined
  /** Those that a test knows by a header of theirs. */
  const identities = new Map<string, Identity | undefined>()
  /** Whether routes answer a beginning, and then nothing more. */
  let streams = false
  const { server: http } = createHttp({
    pageDir: '/nowhere',
    routes: routes.map((route) => ({
      ...route,
      handle: (context: { body: unknown }) => {
        reached = route
        context.body = streams ? beginning() : 'reached'
      },
    })),
    door: new Door({ names: ['127.0.0.1'], origins: [] }),
    identify: ({ authorization }) =>
      authorization !== undefined && identities.has(authorization) ? identities.get(authorization) : who,
    proxies: new TrustedProxies([]),
    refusals: { count: () => {} },
    tls: undefined,
    guardianPort: () => undefined,
    log: pino({ level: 'silent' }),
  })
  let url = ''

  beforeAll(async () => {
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  })
  afterAll(() => {
    http.closeAllConnections()
    http.close()
  })

  /** A path of the route about the device `slide`, where it is about one. */
  const pathOf = ({ path, ...route }: Route): string =>
    path.replaceAll(/:(\w+)/g, (_, name: string) => ('device' in route && route.device === name ? OWN : '7'))

  it('are there', () => expect(routes.length).toBeGreaterThan(20))

  it.each(routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const))(
    '%s lets through whom it declares',
    async (_, route) => {
      for (const [called, person] of everybody) {
        reached = undefined
        who = person && { name: 'ada', key: 'k', ...person }
        const { status } = await fetch(url + pathOf(route), { method: route.method.toUpperCase() })
        const bound = person?.scope?.devices
        if (route.role === 'anybody') expect(reached, called).toBe(route)
        else if (!person) expect([status, reached], called).toEqual([401, undefined])
        else if (route.role === 'known') expect([status, reached], called).toEqual([200, route])
        else if (!satisfies(person.role, route.role) || (bound && !(route.device && bound.includes(OWN))))
          expect([status, reached], called).toEqual([403, undefined])
        else expect([status, reached], called).toEqual([200, route])
      }
    },
  )

  it('end what they answer when the right to it ends, in whichever way', async () => {
    const person: Identity = {
      name: 'ada',
      via: 'session',
      key: 'k',
      role: 'operator',
      scope: { devices: [OWN] },
    }
    const ways: (Identity | undefined)[] = [
      undefined,
      { ...person, key: 'another' },
      { ...person, role: 'viewer' },
      { ...person, scope: { devices: [OTHER] } },
    ]
    const endless = routes.find(
      (route) => route.role === 'operator' && 'device' in route && route.method === 'post',
    )!
    streams = true
    try {
      const all = ways.map(async (later) => {
        identities.set(String(ways.indexOf(later)), person)
        const headers = { authorization: String(ways.indexOf(later)) }
        const { body } = await fetch(url + pathOf(endless), { method: 'POST', headers })
        const reader = body!.getReader()
        await reader.read()
        identities.set(headers.authorization, later)
        await expect(reader.read()).rejects.toThrow()
      })
      await Promise.all(all)
    } finally {
      streams = false
    }
  })

  it('are open to nobody but these', () => {
    const open = routes.filter((route) => route.role === 'anybody')
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'get /api/oidc/callback',
      'get /api/oidc/start',
      'get /api/openapi.json',
      'get /api/sign-in',
      'get /health',
      'get /kiosk/:view',
      'options /whep/:id',
      'options /whep/:id/:session',
      'options /whip/:id',
      'options /whip/:id/:session',
      'post /api/set-up',
      'post /api/sign-in',
      'post /api/sign-out',
    ])
  })
})
