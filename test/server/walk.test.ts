import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Role, satisfies } from '../../shared/access/access.ts'
import { type Command, reachOf } from '../../shared/wire/command.ts'
import { type CommandName, commands } from '../../shared/commands.ts'
import type { ErrorCode, Result } from '../../shared/wire/errors.ts'
import { Ctp10Api } from '../../bridge/compat/api.ts'
import { compatRoutes } from '../../bridge/compat/routes.ts'
import { diagnosticsRoutes } from '../../bridge/diagnostics/routes.ts'
import type { Route } from '../../bridge/server/route.ts'
import { accessRoutes } from '../../bridge/server/routes/access.ts'
import { auditRoutes } from '../../bridge/server/routes/audit.ts'
import { commandRoutes } from '../../bridge/server/routes/commands.ts'
import { estopRoute } from '../../bridge/server/routes/estop.ts'
import { mediaExchangeRoutes } from '../../bridge/server/routes/exchange.ts'
import { healthRoute } from '../../bridge/server/routes/health.ts'
import { lineRoutes } from '../../bridge/instrument/share/routes.ts'
import { kioskRoute } from '../../bridge/server/routes/kiosk.ts'
import { mediaRoutes } from '../../bridge/server/routes/media-files.ts'
import { stillRoutes } from '../../bridge/server/routes/media-still.ts'
import { mjpegRoute } from '../../bridge/server/routes/mjpeg.ts'
import { traceRoutes } from '../../bridge/server/routes/traces.ts'
import { watchRoutes } from '../../bridge/watches/api/routes.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { ask, type Headers, post, setUp, signedIn } from '../support/people.ts'
import { sampleOf } from '../support/sample-input.ts'
import { Client } from '../support/socket.ts'

/** What the gate says; any other code comes from behind it. */
const REFUSALS: readonly ErrorCode[] = [
  'session.required',
  'role.required',
  'scope.exceeded',
  'lease.required',
  'estop.latched',
]

interface Person {
  headers: Headers
  role: Role | undefined
  holds: boolean
  devices?: string[]
}

const all = Object.entries<Command>(commands)
let bridge: Awaited<ReturnType<typeof startBridge>>
let people: Record<string, Person>
const clients: Client[] = []

beforeAll(async () => {
  const camera = { driver: 'camera.sim', width: 160, height: 120 }
  const absent = { driver: 'instrument.exfo-ctp10', resource: 'TCPIP::127.0.0.1::1::SOCKET' }
  bridge = await startBridge(
    await writeBench({
      server: { localRole: 'none' },
      compat: 'exfo-ctp10-api',
      devices: { slide: camera, other: camera, absent },
    }),
  )
  const { url } = bridge.ready
  const admin = await setUp(url, bridge.output)
  const operator = await signedIn(url, admin, 'olga', 'operator')
  const holder = await signedIn(url, admin, 'hans', 'operator')
  const token = async (wish: {
    role: Role
    devices?: string[]
    lastsMs?: number
  }): Promise<Headers & { id: string }> => {
    const { secret, id } = await ask(url, admin, 'token.add', {
      name: 'script',
      role: wish.role,
      scope: wish.devices ? { devices: wish.devices } : {},
      ...(wish.lastsMs === undefined ? {} : { expiresAt: Date.now() + wish.lastsMs }),
    })
    return { authorization: `Bearer ${secret}`, id }
  }
  const revoked = await token({ role: 'administrator' })
  await ask(url, admin, 'token.revoke', { id: revoked.id })
  const expired = await token({ role: 'administrator', lastsMs: 300 })
  const scoped = await token({ role: 'administrator', devices: ['slide'] })
  await sleep(400)
  const bearer = ({ authorization }: Headers): Headers => ({ authorization: authorization ?? '' })
  await ask(url, holder, 'lease.take', {})
  people = {
    nobody: { headers: {}, role: undefined, holds: false },
    viewer: { headers: await signedIn(url, admin, 'vera', 'viewer'), role: 'viewer', holds: false },
    'operator without the lease': { headers: operator, role: 'operator', holds: false },
    'operator with the lease': { headers: holder, role: 'operator', holds: true },
    administrator: { headers: admin, role: 'administrator', holds: false },
    'revoked token': { headers: bearer(revoked), role: undefined, holds: false },
    'expired token': { headers: bearer(expired), role: undefined, holds: false },
    'token for another device': {
      headers: bearer(scoped),
      role: 'administrator',
      holds: false,
      devices: ['slide'],
    },
  }
}, 60_000)

afterAll(async () => {
  for (const client of clients) client[Symbol.dispose]()
  await bridge.end()
})

const names = [
  'nobody',
  'viewer',
  'operator without the lease',
  'operator with the lease',
  'administrator',
  'revoked token',
  'expired token',
  'token for another device',
]

/** What the declaration says becomes of a call to a device that this person's token is not for. */
function expected(command: Command, { role, holds, devices }: Person): ErrorCode | 'through' {
  if (!role) return 'session.required'
  if (!satisfies(role, command.role)) return 'role.required'
  const beyond = reachOf(command) !== 'self' && !(reachOf(command) === 'bench' && command.safe)
  if (devices && beyond) return 'scope.exceeded'
  return (command.lease || command.holder) && !holds ? 'lease.required' : 'through'
}

function outcome(result: Result<unknown>): ErrorCode | 'through' {
  // The routes of exfo-ctp10-api answer in its own shapes.
  const code = 'error' in result ? result.error.code : undefined
  return code !== undefined && REFUSALS.includes(code) ? code : 'through'
}

/** An input that gets through the door and then changes nothing: those it names are not there. */
function harmless(name: string): object {
  const nobody = { name: 'nobody-there' }
  const inputs: Partial<Record<string, object>> = {
    'topic.read': { topic: 'camera/other' },
    'topic.subscribe': { topic: 'camera/other' },
    'topic.unsubscribe': { topic: 'camera/other' },
    'stream.open': { stream: 'power/other' },
    'stream.close': { stream: 'power/other' },
    'lease.give': { to: '000000000000' },
    'lease.decline': { to: '000000000000' },
    'interlock.set': { interlock: 'none', closed: true },
    'sweep.start': { device: 'other', startNm: 1500, stopNm: 1600, samplingPm: 1, speedNmPerS: 10 },
    'serial.offer': { port: 'none' },
    'serial.withdraw': { port: 'none' },
    'trace.read': { device: 'other', channel: 1 },
    'ctp.setDetector': { device: 'other', channel: 1 },
    'ctp.takeReference': { device: 'other', channel: 1 },
    'ctp.setLaser': { device: 'other', laser: 1 },
    'ctp.laserOn': { device: 'other', laser: 1 },
    'ctp.laserOff': { device: 'other', laser: 1 },
    'ctp.traceInfo': { device: 'other', channel: 1 },
    'ctp.readTrace': { device: 'other', channel: 1 },
    'camera.join': { camera: 'other' },
    'camera.still': { device: 'other', format: 'none' },
    'camera.record.start': { device: 'other', durationS: 0 },
    'camera.lapse.start': { device: 'other', everyS: 0 },
    'user.add': { name: 'root-admin', role: 'viewer', password: 'long enough a word' },
    'user.role': { ...nobody, role: 'viewer' },
    'user.scope': { ...nobody, scope: {} },
    'user.password': { ...nobody, password: 'long enough a word' },
    'user.resetFactor': nobody,
    'user.signOut': nobody,
    'user.remove': nobody,
    'token.add': { name: 'x', role: 'viewer', expiresAt: 1 },
    'token.revoke': { id: 'none' },
    'session.password': { current: 'not mine', password: 'long enough a word' },
  }
  const viewer = { viewer: '00000000-0000-4000-8000-000000000000' }
  if (name.startsWith('camera.') && !('device' in (commands as Record<string, Command>)[name]!.input.shape)) {
    return inputs[name] ?? { ...viewer, dtlsParameters: {}, rtpCapabilities: {} }
  }
  return inputs[name] ?? { device: 'other' }
}

/** An input of the command: one that is refused behind the door, or, for who is refused at it, one that is right. */
function inputOf(name: string, command: Command, wanted: ErrorCode | 'through'): unknown {
  if (wanted === 'through') return harmless(name)
  const feed = { topic: 'camera/other', stream: 'power/other' }
  return sampleOf(command.input, { device: 'other', camera: 'other', ...feed })
}

/** Those that change who holds the lease, whether the bench is stopped, or who is signed in: each has a test of its own. */
const CHANGES = [
  'lease.ask',
  'lease.release',
  'lease.seize',
  'estop.press',
  'estop.reset',
  'session.signOutEverywhere',
]

it.each(names)('lets %s do over REST what is declared, and nothing else', async (name) => {
  const person = people[name]!
  for (const [command, declared] of all) {
    if (declared.only === 'socket') continue
    const wanted = expected(declared, person)
    if (CHANGES.includes(command) && wanted === 'through') continue
    const answer = await post(
      bridge.ready.url,
      `/api/commands/${command}`,
      inputOf(command, declared, wanted),
      person.headers,
    )
    const result = (await answer.json()) as Result<unknown>
    expect(outcome(result), `${name}: ${command}: ${JSON.stringify(result)}`).toBe(wanted)
  }
})

it.each(names)('lets %s do over a socket what is declared, and nothing else', async (name) => {
  const person = people[name]!
  const connecting = Client.connect(bridge.ready.url, person.headers)
  if (!person.role) {
    await expect(connecting).rejects.toMatchObject({ code: 'session.required' })
    return
  }
  const client = await connecting
  clients.push(client)
  for (const [command, declared] of all) {
    // The lease of the walk is held by a script; a page, even of the same person, is somebody else.
    const wanted = expected(declared, { ...person, holds: false })
    if (CHANGES.includes(command) && wanted === 'through') continue
    const result = await client.ask(command as CommandName, inputOf(command, declared, wanted))
    expect(outcome(result), `${name}: ${command}: ${JSON.stringify(result)}`).toBe(wanted)
  }
})

const routes: Route[] = [
  ...commandRoutes(undefined as never, ''),
  ...accessRoutes({} as never),
  ...auditRoutes(undefined as never),
  estopRoute(undefined as never),
  healthRoute(undefined as never),
  mjpegRoute(undefined as never),
  ...mediaExchangeRoutes({ whip: {}, whep: {} } as never, {} as never),
  ...mediaRoutes(undefined as never),
  ...stillRoutes(undefined as never),
  kioskRoute(''),
  ...diagnosticsRoutes(undefined as never),
  ...traceRoutes({} as never),
  ...watchRoutes({} as never),
  ...lineRoutes(undefined as never, undefined as never),
  ...compatRoutes(new Ctp10Api({} as never), '', ''),
]

it.each(names)('lets %s ask for the routes that are declared for them, and no other', async (name) => {
  const { headers, role, devices } = people[name]!
  for (const route of routes) {
    // The stop and the commands are walked above; signing in and out would change who this is.
    if (route.role === 'anybody' || route.role === 'known') continue
    const path = route.path
      .replace(':id', 'other')
      .replace(':session', 'none')
      .replace(':file', 'none.npy')
      .replace(':name', 'none')
      .replace(':seq', '1')
      .replace(/:(channel|laser)/, '1')
    const gone = new AbortController()
    const answer = await fetch(bridge.ready.url + path, {
      method: route.method.toUpperCase(),
      headers,
      signal: gone.signal,
    })
    const wanted = !role
      ? 'session.required'
      : !satisfies(role, route.role)
        ? 'role.required'
        : devices
          ? 'scope.exceeded'
          : 'through'
    const json = answer.headers.get('content-type')?.includes('application/json; charset')
    const result = json ? ((await answer.json()) as Result<unknown>) : { ok: true as const, value: undefined }
    gone.abort()
    expect(outcome(result), `${name}: ${path}`).toBe(wanted)
  }
})

it('lets a token see the device that it is for', async () => {
  const { headers } = people['token for another device']!
  expect(await ask(bridge.ready.url, headers, 'topic.read', { topic: 'camera/slide' })).toMatchObject({
    snapshot: { id: 'slide' },
  })
})

it('lets even a viewer stop the bench, only the holder reset it, and nobody act in between', async () => {
  const { url } = bridge.ready
  const viewer = people['viewer']!.headers
  const holder = people['operator with the lease']!.headers
  const set = { device: 'slide', gainDb: 3 } as const
  expect(await post(url, '/api/estop', {}, {})).toMatchObject({ status: 401 })
  expect(await post(url, '/api/estop', {}, viewer)).toMatchObject({ status: 200 })
  await expect(ask(url, holder, 'camera.set', set)).rejects.toMatchObject({ code: 'estop.latched' })
  for (const name of ['operator without the lease', 'administrator']) {
    await expect(ask(url, people[name]!.headers, 'estop.reset', {})).rejects.toMatchObject({
      code: 'lease.required',
    })
  }
  await expect(ask(url, viewer, 'estop.reset', {})).rejects.toMatchObject({ code: 'role.required' })
  await ask(url, holder, 'estop.reset', {})
  expect(await ask(url, holder, 'camera.set', set)).toMatchObject({ gainDb: 3 })
})

it('takes a role away at once, on sockets that are open too', async () => {
  const { url } = bridge.ready
  const admin = people['administrator']!.headers
  const headers = await signedIn(url, admin, 'otto', 'operator')
  using client = await Client.connect(url, headers)
  await client.call('audit.read', {})
  await ask(url, admin, 'user.role', { name: 'otto', role: 'viewer' })
  await expect(client.call('audit.read', {})).rejects.toMatchObject({ code: 'role.required' })
  await ask(url, admin, 'user.remove', { name: 'otto' })
  await expect(client.call('session.hello', {})).rejects.toMatchObject({ code: 'session.required' })
  await expect.poll(() => client.socket.connected, { timeout: 5000 }).toBe(false)
})

it('has all of it in the audit, refusals of people too, those of nobody counted', async () => {
  const { url } = bridge.ready
  const lines = await ask(url, people['administrator']!.headers, 'audit.read', { limit: 1000 })
  const has = (who: string, action: string, result: string): boolean =>
    lines.some((line) => line.who === who && line.action === action && line.outcome === result)
  expect(lines.filter(({ who, action }) => who === 'nobody' && action !== 'calls.counted')).toEqual([])
  expect(has('vera', 'estop.press', 'ok')).toBe(true)
  expect(has('olga', 'camera.set', 'lease.required')).toBe(true)
  expect(has('hans', 'estop.reset', 'ok')).toBe(true)
  expect(JSON.stringify(lines)).not.toContain('correct horse battery')
})
