import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'koa'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { TrustedProxies } from '../../bridge/core/trusted-proxies.ts'
import { makeCertificates } from '../../bridge/cli/certificates.ts'
import { createHttp, type Tls } from '../../bridge/server/http.ts'
import { Door } from '../../bridge/server/origin.ts'
import type { Route } from '../../bridge/server/route.ts'

const KB = 1024
/** What the system hands over at a time, before it is known how much is to come, and once more. */
const MOST_READ = 2 * 64 * KB + KB
const echo = (context: Context): void => {
  context.body = { ip: context.ip, body: (context.request as { body?: unknown }).body }
}
const routes: Route[] = [
  { method: 'post', path: '/api/sign-in', role: 'anybody', handle: echo },
  { method: 'post', path: '/api/commands/:name', role: 'known', handle: echo },
  { method: 'get', path: '/api/traces/:id', role: 'viewer', handle: echo },
  { method: 'post', path: '/api/traces', role: 'operator', upload: 512 * KB, handle: echo },
  { method: 'post', path: '/whip/:id', role: 'operator', handle: echo },
]

interface Answer {
  status: number
  headers: Record<string, unknown>
  body: string
}

class Rig {
  port = 0
  readonly refused: [address: string, what: string, code: string][] = []
  readonly sockets: Socket[] = []
  /** Where connections come from; from loopback, as they do, when it is undefined. */
  remote: string | undefined

  static async start(trusted: string[] = [], tls?: Tls): Promise<Rig> {
    const rig = new Rig()
    const pageDir = await mkdtemp(join(tmpdir(), 'lightbench-'))
    await writeFile(join(pageDir, 'index.html'), 'the page')
    const { server } = createHttp({
      ...{ pageDir, routes, tls, guardianPort: () => undefined },
      door: new Door({ names: ['127.0.0.1'], origins: [] }),
      identify: ({ authorization }) =>
        authorization === 'Bearer good'
          ? { name: 'ada', role: 'operator', via: 'token', key: 'k' }
          : undefined,
      proxies: new TrustedProxies(trusted),
      refusals: { count: (...refused) => void rig.refused.push(refused) },
      log: pino({ level: 'silent' }),
    })
    server.prependListener('connection', (socket: Socket) => {
      rig.sockets.push(socket)
      if (rig.remote !== undefined) Object.defineProperty(socket, 'remoteAddress', { value: rig.remote })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    rig.port = (server.address() as AddressInfo).port
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    return rig
  }

  async ask(
    method: string,
    path: string,
    {
      headers = {},
      body,
      from = '127.0.0.1',
      agent,
    }: { headers?: Record<string, string>; body?: string; from?: string; agent?: Agent } = {},
  ): Promise<Answer> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const asking = request({
      ...{ host: '127.0.0.1', port: this.port, localAddress: from, method, path, agent },
      headers: { ...json, ...headers },
    })
    // What is not read of a body ends with the connection, maybe while it is sent.
    asking.on('error', () => {})
    asking.end(body)
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    let text = ''
    for await (const part of answer.setEncoding('utf8')) text += part as string
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: text }
  }
}

/** Of a connection that may be reset: what is not read of a body is thrown away. */
const closed = async (socket: Socket): Promise<void> => {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
}

const KNOWN = { authorization: 'Bearer good' }
const json = (bytes: number): string => JSON.stringify({ text: 'x'.repeat(bytes - 11) })

it('lets strangers have the page and sign in, and refuses the rest before it is read', async () => {
  const rig = await Rig.start()
  expect(await rig.ask('GET', '/')).toMatchObject({ status: 200, body: 'the page' })
  expect(await rig.ask('POST', '/api/sign-in', { body: '{"a":1}' })).toMatchObject({
    ...{ status: 200, body: '{"ip":"127.0.0.1","body":{"a":1}}' },
  })
  expect(rig.refused).toEqual([])
  const refused = await rig.ask('POST', '/api/commands/camera.set', { body: '{', from: '127.0.0.3' })
  expect(refused).toMatchObject({ status: 401, headers: { 'x-content-type-options': 'nosniff' } })
  expect(JSON.parse(refused.body)).toMatchObject({ ok: false, error: { code: 'session.required' } })
  expect(await rig.ask('HEAD', '/api/traces/1')).toMatchObject({ status: 401, body: '' })
  expect(await rig.ask('POST', '/whip/cam')).toMatchObject({
    status: 401,
    headers: { 'www-authenticate': 'Bearer', 'access-control-allow-origin': '*' },
  })
  expect(await rig.ask('GET', '/', { headers: { host: 'evil.example' } })).toMatchObject({ status: 403 })
  expect(rig.refused).toEqual([
    ['127.0.0.3', 'camera.set', 'session.required'],
    ['127.0.0.1', 'HEAD /api/traces/1', 'session.required'],
    ['127.0.0.1', 'POST /whip/cam', 'session.required'],
    ['127.0.0.1', 'GET /', 'origin.foreign'],
  ])
})

it('reads 4 kB of a stranger, 256 kB of others, and more where a route declares it', async () => {
  const rig = await Rig.start()
  const status = async (path: string, bytes: number, headers = {}): Promise<number> =>
    (await rig.ask('POST', path, { headers, body: json(bytes) })).status
  expect(await status('/api/sign-in', 4 * KB)).toBe(200)
  expect(await status('/api/sign-in', 4 * KB + 1)).toBe(413)
  expect(await status('/api/sign-in', 256 * KB, KNOWN)).toBe(200)
  expect(await status('/api/sign-in', 256 * KB + 1, KNOWN)).toBe(413)
  expect(await status('/api/traces', 512 * KB, KNOWN)).toBe(200)
  expect(await status('/api/traces', 512 * KB + 1, KNOWN)).toBe(413)
  const chunked = { 'transfer-encoding': 'chunked' }
  expect(await rig.ask('POST', '/api/sign-in', { headers: chunked, body: '{}' })).toMatchObject({
    status: 411,
  })
  expect(await status('/api/sign-in', 100, { ...chunked, ...KNOWN })).toBe(200)
})

it.each([
  ['a sign-in', '/api/sign-in', '413'],
  ['a command', '/api/commands/camera.set', '401'],
])('does not read on while a stranger sends the 100 MB of %s', async (_, path, status) => {
  const rig = await Rig.start()
  const socket = connect(rig.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  let answer = ''
  socket.on('data', (part: Buffer) => (answer += part.toString()))
  socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n`)
  socket.write(`Content-Length: ${100 * KB * KB}\r\n\r\n`)
  const chunk = Buffer.alloc(64 * KB, 'x')
  const send = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', send)
  send()
  await closed(socket)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(rig.sockets[0]!.bytesRead).toBeLessThan(MOST_READ)
})

it('says whether it wants a body to those who ask before they send it', async () => {
  const rig = await Rig.start()
  const expecting = { expect: '100-continue' }
  const ask = async (headers: Record<string, string>): Promise<string[]> => {
    const asking = request({
      ...{ host: '127.0.0.1', port: rig.port, method: 'POST', path: '/api/commands/camera.set' },
      headers: { ...expecting, 'content-type': 'application/json', 'content-length': '2', ...headers },
    })
    const said: string[] = []
    asking.on('continue', () => {
      said.push('continue')
      asking.end('{}')
    })
    asking.flushHeaders()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    answer.resume()
    asking.destroy()
    return [...said, String(answer.statusCode)]
  }
  expect(await ask({})).toEqual(['401'])
  expect(await ask(KNOWN)).toEqual(['continue', '200'])
})

it('holds strangers back who ask too often, each address by itself, and nobody who is known', async () => {
  const rig = await Rig.start()
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  onTestFinished(() => agent.destroy())
  const statuses: number[] = []
  const flood = Array.from({ length: 32 }, async () => {
    while (!statuses.includes(429))
      statuses.push((await rig.ask('POST', '/api/commands/camera.set', { agent })).status)
  })
  expect((await rig.ask('POST', '/api/commands/camera.set', { from: '127.0.0.2' })).status).toBe(401)
  await Promise.all(flood)
  expect(statuses.indexOf(429)).toBeGreaterThanOrEqual(1000)
  expect(new Set(statuses)).toEqual(new Set([401, 429]))
  const known = await Promise.all(
    Array.from({ length: 20 }, () => rig.ask('POST', '/api/commands/a.b', { headers: KNOWN, body: '{}' })),
  )
  expect(known.map(({ status }) => status)).toEqual(known.map(() => 200))
})

it('makes somebody wait who asks too often, but never for what makes safe', async () => {
  const rig = await Rig.start()
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  onTestFinished(() => agent.destroy())
  const ask = async (name: string): Promise<number> =>
    (await rig.ask('POST', `/api/commands/${name}`, { agent, headers: KNOWN, body: '{}' })).status
  const statuses: number[] = []
  const flood = Array.from({ length: 32 }, async () => {
    while (!statuses.includes(429)) statuses.push(await ask('trace.list'))
  })
  await Promise.all(flood)
  expect(statuses.indexOf(429)).toBeGreaterThanOrEqual(600)
  for (let i = 0; i < 20; i++) expect(await ask('estop.press')).toBe(200)
  expect(rig.refused).toEqual([])
})

it('ends a connection that asks on while it is held back', async () => {
  const rig = await Rig.start()
  const socket = connect(rig.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.resume()
  // Pipelined: none of them waits for an answer.
  socket.write('POST /api/commands/a.b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n'.repeat(3000))
  await closed(socket)
  expect(rig.refused.length).toBeLessThan(3000)
})

it('believes a trusted proxy alone whose a request is', async () => {
  const rig = await Rig.start(['127.0.0.1'])
  const noted = { 'x-forwarded-for': '203.0.113.9, 192.0.2.1' }
  const ip = async (from: string): Promise<unknown> =>
    (
      JSON.parse((await rig.ask('POST', '/api/sign-in', { headers: noted, body: '{}', from })).body) as {
        ip: string
      }
    ).ip
  expect(await ip('127.0.0.1')).toBe('192.0.2.1')
  expect(await ip('127.0.0.2')).toBe('127.0.0.2')
  await rig.ask('POST', '/api/commands/a.b', { headers: noted })
  expect(rig.refused).toEqual([['192.0.2.1', 'a.b', 'session.required']])
})

it('takes nothing in clear from others where a proxy is to speak TLS', async () => {
  const rig = await Rig.start(['10.0.0.0/24'])
  rig.remote = '192.0.2.1'
  await expect(rig.ask('GET', '/')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(rig.refused).toEqual([['192.0.2.1', 'a connection in clear past the proxy', 'origin.foreign']])
  for (const remote of ['10.0.0.7', '127.0.0.1']) {
    rig.remote = remote
    expect(await rig.ask('GET', '/')).toMatchObject({ status: 200 })
  }
})

it('lets strangers hold 64 connections from an address, and a person beside them all', async () => {
  const rig = await Rig.start()
  rig.remote = '192.0.2.1'
  const idle = Array.from({ length: 200 }, () => {
    const socket = connect(rig.port, '127.0.0.1').on('error', () => {})
    onTestFinished(() => void socket.destroy())
    return socket
  })
  await expect.poll(() => rig.sockets.filter(({ destroyed }) => !destroyed).length).toBe(64)
  await Promise.all(idle.filter((_, i) => i < 100).map((socket) => closed(socket)))
  expect(await rig.ask('POST', '/api/sign-in', { headers: KNOWN, body: '{}' })).toMatchObject({ status: 200 })
})

it('gives places before TLS costs anything, and keeps that of somebody who is known', async () => {
  const { certificate, key, ca } = await makeCertificates(['127.0.0.1'], 1)
  const rig = await Rig.start([], { cert: certificate, key })
  const agent = new TlsAgent({ ca, keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const ask = async (): Promise<{ status: number; from: number | undefined }> => {
    const asking = tlsRequest({
      ...{ host: '127.0.0.1', port: rig.port, method: 'POST', path: '/api/sign-in', agent, headers: KNOWN },
    })
    asking.end()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    const from = answer.socket.localPort
    await answer.toArray()
    return { status: answer.statusCode ?? 0, from }
  }
  const first = await ask()
  expect(first.status).toBe(200)
  const idle = Array.from({ length: 300 }, (_, i) => {
    const socket = connect(rig.port, '127.0.0.1').on('error', () => {})
    onTestFinished(() => void socket.destroy())
    // What is no handshake is ended by TLS itself.
    if (i >= 290) socket.write('GARBAGE'.repeat(100))
    return socket
  })
  await Promise.all([...idle.slice(0, 34), ...idle.slice(290)].map((socket) => closed(socket)))
  expect(await ask()).toEqual(first)
})
