import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { type CommandName, commands } from '../../shared/commands.ts'
import type { Command } from '../../shared/command.ts'
import { errorCode } from '../../shared/errors.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
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

function rawMessages(port: number): (string | Uint8Array)[] {
  const host = `Host: 127.0.0.1:${port}\r\n`
  const upgrade =
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  return [
    'GARBAGE\r\n\r\n',
    `GET / HTTP/1.1\r\n${host}${'X: y\r\n'.repeat(5000)}\r\n`,
    `GET /${'a'.repeat(60_000)} HTTP/1.1\r\n${host}\r\n`,
    `GET /%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n${host}\r\n`,
    `GET /..%2f..%2fbench.yaml HTTP/1.1\r\n${host}\r\n`,
    `GET /api/traces/..%2f..%2flightbench.db HTTP/1.1\r\n${host}\r\n`,
    'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    `POST /api/commands/camera.set HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{`,
    `POST /api/sign-in HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n`,
    `POST /api/sign-in HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 300000\r\n\r\n${'['.repeat(300_000)}`,
    upgrade,
    upgrade + '\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff',
    upgrade + '\x82\x7e\xff\xff' + '\0'.repeat(1000),
    Uint8Array.from({ length: 4096 }, (_, i) => (i * 97) % 256),
  ]
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

it('is not crashed, changed or made to leak by 10,000 hostile messages', { timeout: 120_000 }, async () => {
  await using bridge = await startBridge(
    await writeBench({
      server: { localRole: 'none' },
      devices: { slide: { driver: 'camera.sim', width: 160, height: 120 } },
    }),
    0,
    ['--inspect=127.0.0.1:0'],
  )
  using heap = await Heap.attach(bridge.output)
  const { url, port } = bridge.ready
  const admin = await setUp(url, bridge.output)
  const operator = await signedIn(url, admin, 'mallory', 'operator')
  const state = async (): Promise<unknown> => ({
    users: (await ask(url, admin, 'user.list', {})).map(({ name, role }) => ({ name, role })),
    tokens: await ask(url, admin, 'token.list', {}),
    control: (await ask(url, admin, 'topic.read', { topic: 'control' })).snapshot,
    settings: (await ask(url, admin, 'topic.read', { topic: 'camera/slide' })).snapshot['settings'],
    traces: await ask(url, admin, 'trace.list', {}),
  })
  await expect.poll(state, { timeout: 15_000 }).toMatchObject({ settings: { gainDb: 0 } })
  const before = await state()
  // What a program keeps once it has been at work is not a leak: it is measured from then on.
  for (let page = 0; page < PAGES / 2; page++) await attack(url, operator, page)
  await sleep(2000)
  const warm = await heap.usedMiB()
  for (let page = PAGES / 2; page < PAGES; page++) await attack(url, operator, page)
  const messages = rawMessages(port)
  for (let i = 0; i < RAW; i += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, k) => shout(port, messages[(i + k) % messages.length] ?? '')),
    )
  }
  await sleep(2000)
  const after = await heap.usedMiB()
  expect(bridge.running).toBe(true)
  expect(await state()).toEqual(before)
  expect(after, `${warm} MiB before, ${after} MiB after`).toBeLessThan(warm * 1.1)
  expect(bridge.output.join('\n')).not.toMatch(/unhandled|uncaught|nobody foresaw/i)
})
