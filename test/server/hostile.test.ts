import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { type CommandName, commands } from '../../shared/commands.ts'
import type { Command } from '../../shared/wire/command.ts'
import { errorCode } from '../../shared/wire/errors.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { startGrbl } from '../support/grbl-wire.ts'
import { Heap } from '../support/heap.ts'
import { ask, type Headers, setUp, signedIn } from '../support/people.ts'
import { Client } from '../support/socket.ts'

const PAGES = 40
const MESSAGES_A_PAGE = 240
const RAW = 500
const names = Object.keys(commands) as CommandName[]
const answer = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.object({ code: errorCode, message: z.string() }) }),
])

/** Anything that JSON and Socket.IO can carry, often under the names that the command knows. */
function hostileInput(name: CommandName): fc.Arbitrary<unknown> {
  const members = Object.keys((commands as Record<string, Command>)[name]!.input.shape)
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ maxLength: 5000 }),
    fc.constantFrom('__proto__', '../../etc/passwd', 'other\n:ABOR', "' OR 1=1 --", 'slide', null, -1, 1e308),
    fc.uint8Array({ maxLength: 200 }),
  )
  const known = fc.dictionary(fc.constantFrom('__proto__', 'constructor', ...members), value)
  return fc.oneof(known, known, fc.jsonValue())
}

/** Commands that a hostile operator without the lease may well call with success, and that change something by right. */
const RIGHTFUL: readonly string[] = [
  'lease.take',
  'lease.ask',
  'lease.withdraw',
  'estop.press',
  'session.signOutEverywhere',
]

/** One connection's worth of bytes that are no HTTP, or too much of it. Resolves when the bridge has closed or taken it. */
function shout(port: number, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setTimeout(300, () => socket.destroy())
    socket.on('error', () => {})
    socket.on('data', () => socket.end())
    socket.once('close', () => resolve())
  })
}

/** Request lines, heads, bodies and upgrades that no client sends, each for a connection of its own. */
function rawMessages(port: number): (string | Uint8Array)[] {
  const host = `Host: 127.0.0.1:${port}\r\n`
  const upgrade = (target: string, more = ''): string =>
    `GET ${target} HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`
  const socket = upgrade('/socket.io/?EIO=4&transport=websocket')
  const post = (path: string, head: string, body = ''): string =>
    `POST ${path} HTTP/1.1\r\n${host}Content-Type: application/json\r\n${head}\r\n\r\n${body}`
  return [
    'GARBAGE\r\n\r\n',
    '\r\n\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `GET\t/ HTTP/1.1\r\n${host}\r\n`,
    `GET / HTTP/9.9\r\n${host}\r\n`,
    `OPTIONS * HTTP/1.1\r\n${host}\r\n`,
    `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host}\r\n`,
    `GET http:// HTTP/1.1\r\n${host}\r\n`,
    `GET // HTTP/1.1\r\n${host}\r\n`,
    `GET /%E0%A4%A HTTP/1.1\r\n${host}\r\n`,
    `GET /%00 HTTP/1.1\r\n${host}\r\n`,
    `GET / HTTP/1.1\r\n${host}${'X: y\r\n'.repeat(5000)}\r\n`,
    `GET / HTTP/1.1\r\n${host}${'X: y\r\n'.repeat(500)}\r\n`,
    `GET / HTTP/1.1\r\n${host}X: ${'y'.repeat(100_000)}\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}Cookie: ${'lightbench=;'.repeat(1000)}\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}X-Forwarded-For: ${'1.2.3.4,'.repeat(1500)}\r\n\r\n`,
    `GET /${'a'.repeat(60_000)} HTTP/1.1\r\n${host}\r\n`,
    `GET /%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n${host}\r\n`,
    `GET /..%2f..%2fbench.yaml HTTP/1.1\r\n${host}\r\n`,
    `GET /api/traces/..%2f..%2flightbench.db HTTP/1.1\r\n${host}\r\n`,
    'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    `GET /api/commands/x HTTP/1.1\r\n${host}\r\n`.repeat(1500),
    post('/api/commands/camera.set', 'Content-Length: 99999999', '{'),
    post('/api/commands/camera.set', 'Content-Length: -1', '{'),
    post('/api/commands/camera.set', 'Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
    post('/api/commands/camera.set', 'Expect: 100-continue\r\nContent-Length: 9'),
    post('/api/sign-in', 'Transfer-Encoding: chunked', 'FFFFFFF\r\n'),
    post('/api/sign-in', 'Content-Length: 300000', '['.repeat(300_000)),
    post('/api/sign-in', 'Content-Length: 4000', '['.repeat(4000)),
    post('/api/sign-in', 'Content-Length: 4\r\nContent-Encoding: gzip', 'zzzz'),
    post('/api/sign-in', 'Content-Length: 27', '{"__proto__":{"name":"me"}}'),
    socket,
    `${socket}\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff`,
    `${socket}\x82\x7e\xff\xff${'\0'.repeat(1000)}`,
    ...['//', '///', '//ws/power', 'http://', '*', '/ws/power?interval=-1', '/ws/health'].map((to) =>
      upgrade(to),
    ),
    upgrade('/ws/power', 'Sec-WebSocket-Extensions: permessage-deflate; x="\r\n'),
    upgrade('/ws/power').replace('websocket', 'h2c'),
    upgrade('/socket.io/?EIO=9&transport=x'),
    upgrade('/socket.io/?EIO=4&transport=websocket&sid=none'),
    `GET /socket.io/?EIO=4&transport=polling&j=${'0'.repeat(5000)} HTTP/1.1\r\n${host}\r\n`,
    `POST /socket.io/?EIO=4&transport=polling&sid=none HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\n99999:xxx`,
    noise(1),
  ]
}

/** What another program might say on the ports on which an instrument is shared. */
const shareMessages: (string | Uint8Array)[] = [
  '*IDN?\n',
  '#0\n'.repeat(100),
  '#9999999999',
  ';'.repeat(70_000),
  'GET / HTTP/1.1\r\n\r\n',
  Uint8Array.from([0x48, 0x53, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  Uint8Array.from([0x48, 0x53, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  Uint8Array.from([0x48, 0x53, 99, 9, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4]),
  Uint8Array.from([0x80, 0, 0, 4, 0, 0, 0, 1]),
  Uint8Array.from([0xff, 0xff, 0xff, 0xff, ...noise(2)]),
  Uint8Array.from([0x80, 0, 0, 40, ...noise(3).subarray(0, 40)]),
  noise(4),
]

function noise(seed: number): Uint8Array {
  return Uint8Array.from({ length: 4096 }, (_, i) => (i * 97 + seed * 31) % 256)
}

async function attack(url: string, headers: Headers, seed: number): Promise<void> {
  using client = await Client.connect(url, headers)
  const inputs = fc.sample(
    fc.constantFrom(...names).chain((name) => hostileInput(name).map((input) => ({ name, input }))),
    { numRuns: MESSAGES_A_PAGE, seed },
  )
  const results = await Promise.all(
    inputs
      .filter(({ name }) => !RIGHTFUL.includes(name))
      .map(async ({ name, input }) => ({
        name,
        input,
        result: await client.ask<unknown>(name, input),
      })),
  )
  for (const { name, input, result } of results) {
    expect(answer.safeParse(result).success, `${name} ${JSON.stringify(input)}`).toBe(true)
    expect(result, `${name} ${JSON.stringify(input)}`).not.toMatchObject({ error: { code: 'internal' } })
  }
  // Replays: acknowledgements of what was never sent, and packets that Socket.IO would not make.
  for (let i = 0; i < 20; i++) client.socket.emit('stream.ack', { stream: 'power/none', seq: i })
  client.socket.io.engine.write('42["camera.set",')
  client.socket.io.engine.write('451-["camera.set",{"_placeholder":true,"num":7}]')
  await sleep(5)
}

/** A bench with every option of bench.yaml that stands open to others. */
async function everything(stack: AsyncDisposableStack): Promise<string> {
  const [ctp10, grbl] = await Promise.all([startCtp10(), startGrbl([])])
  stack.use(ctp10)
  stack.use(grbl)
  const pan = { axis: 'X', zeroMm: -100, min: -95, max: 95 }
  return writeBench({
    server: { localRole: 'none', trustedProxies: ['127.0.0.9'], guardian: { path: '/guardian' } },
    compat: 'exfo-ctp10-api',
    media: { port: 0, workers: 1, iceServers: [{ urls: ['stun:127.0.0.1:9'] }] },
    recordings: { keepDays: 1, mostGB: 1 },
    simulators: [{ program: 'scpi', args: ['--port', '0'] }],
    watches: {
      pages: { allow: ['127.0.0.1'] },
      notify: { hook: { kind: 'webhook', url: 'http://127.0.0.1:9/', secret: 'sixteen characters' } },
    },
    interlocks: {
      key: { key: true },
      door: { file: { path: '/dev/null', closed: '1' } },
      warm: { reading: { device: 'slide', path: 'settings.gainDb', max: 1 } },
    },
    sights: { turret: { camera: 'slide' } },
    devices: {
      slide: { driver: 'camera.sim', width: 160, height: 120 },
      guest: { driver: 'camera.whip' },
      turret: {
        ...{ driver: 'turret.grbl', resource: grbl.resource, interlocks: ['key', 'door'] },
        ...{ pan, tilt: { ...pan, axis: 'Y' } },
      },
      dut: {
        ...{ driver: 'instrument.exfo-ctp10', resource: ctp10.ready.resource, interlocks: ['warm'] },
        share: {
          port: 0,
          hislipPort: 0,
          portmapperPort: 0,
          clients: [{ name: 'lab', address: '127.0.0.0/8' }],
        },
      },
    },
  })
}

it('is not crashed, changed or made to leak by 10,000 hostile messages', { timeout: 120_000 }, async () => {
  await using stack = new AsyncDisposableStack()
  const bridge = stack.use(await startBridge(await everything(stack), 0, ['--inspect=127.0.0.1:0']))
  using heap = await Heap.attach(bridge.output)
  const { url, port } = bridge.ready
  const admin = await setUp(url, bridge.output)
  // One alone would run out of calls.
  const operators = await Promise.all(
    ['mallory', 'oscar', 'trudy', 'mallet'].map((name) => signedIn(url, admin, name, 'operator')),
  )
  const attacked = (page: number): Promise<void> => attack(url, operators[page % operators.length]!, page)
  const read = async (topic: string): Promise<Record<string, unknown>> =>
    (await ask(url, admin, 'topic.read', { topic })).snapshot
  const state = async (): Promise<unknown> => ({
    users: (await ask(url, admin, 'user.list', {})).map(({ name, role }) => ({ name, role })),
    tokens: await ask(url, admin, 'token.list', {}),
    control: await read('control'),
    settings: (await read('camera/slide'))['settings'],
    traces: await ask(url, admin, 'trace.list', {}),
  })
  await expect.poll(state, { timeout: 15_000 }).toMatchObject({ settings: { gainDb: 0 } })
  await expect
    .poll(async () => (await read('instrument/dut'))['lifecycle'], { timeout: 15_000 })
    .toMatchObject({ phase: 'ready' })
  const before = await state()
  // What a program keeps once it has been at work is not a leak: it is measured from then on.
  for (let page = 0; page < PAGES / 2; page++) await attacked(page)
  await sleep(2000)
  const warm = await heap.usedMiB()
  for (let page = PAGES / 2; page < PAGES; page++) await attacked(page)
  await shoutAll(port, rawMessages(port))
  await Promise.all(sharedPorts(bridge.output).map((shared) => shoutAll(shared, shareMessages)))
  await sleep(2000)
  const after = await heap.usedMiB()
  expect(bridge.running).toBe(true)
  expect(await state()).toEqual(before)
  expect(after, `${warm} MiB before, ${after} MiB after`).toBeLessThan(warm * 1.1)
  expect(bridge.output.join('\n')).not.toMatch(/unhandled|uncaught|nobody foresaw/i)
})

async function shoutAll(port: number, messages: readonly (string | Uint8Array)[]): Promise<void> {
  for (let i = 0; i < RAW; i += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, k) => shout(port, messages[(i + k) % messages.length] ?? '')),
    )
  }
}

/** Where the instrument is shared: over a raw socket, HiSLIP and VXI-11. */
function sharedPorts(output: readonly string[]): number[] {
  const line = output.find((text) => text.includes('is shared with other programs')) ?? '{}'
  const { port, hislipPort, portmapperPort } = JSON.parse(line) as Record<string, number>
  return z.array(z.number()).parse([port, hislipPort, portmapperPort])
}
