import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { GuardianPort } from '../../bridge/guardian/port.ts'
import { monotonicMs } from '../../bridge/core/clock.ts'
import { signTicket } from '../../bridge/guardian/ticket.ts'

const key = randomBytes(32)
const pressed: string[] = []
const revoked = new Set<string>()
const ORIGIN = 'https://lab.example.org'
let port: GuardianPort
let url: string

beforeAll(async () => {
  port = new GuardianPort({
    key,
    facts: () => ({ title: '<b>Lab</b>', startedAt: 0, bridge: 'it runs', devices: {}, deed: undefined }),
    isRevoked: (session) => revoked.has(session),
    stop: (by, why) => {
      pressed.push(`${by}: ${why}`)
      return Promise.resolve({ stopMs: 1, by: 'bridge' })
    },
    log: pino({ level: 'silent' }),
  })
  const web = { host: '127.0.0.1', port: 0, path: '/guardian', origins: [ORIGIN] }
  url = `http://127.0.0.1:${await port.listen(web)}`
})
afterAll(() => port[Symbol.dispose]())
beforeEach(() => {
  pressed.length = 0
})

const ticket = (session = 's1'): string =>
  signTicket(key, { session, name: 'ada', until: monotonicMs() + 1000 })
const stop = (body: object, headers: Record<string, string> = {}, path = '/api/estop'): Promise<Response> =>
  fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers })

it('stops for a ticket, in the name of whose it is, with the proxy’s path before it or without', async () => {
  expect((await stop({ ticket: ticket(), why: 'smoke' }, { 'x-forwarded-for': '10.0.0.1' })).status).toBe(200)
  expect((await stop({ ticket: ticket() }, {}, '/guardian/api/estop')).status).toBe(200)
  expect(pressed).toEqual(['ada: smoke', 'ada: by the guardian’s port'])
})

it('stops without one for whoever sits at the machine, and for no page of another origin and nobody behind a proxy', async () => {
  expect((await stop({})).status).toBe(200)
  expect((await stop({}, { origin: url })).status).toBe(200)
  expect((await stop({}, { origin: 'http://evil.example.org' })).status).toBe(403)
  expect((await stop({}, { 'x-forwarded-for': '10.0.0.1' })).status).toBe(403)
  expect(pressed).toHaveLength(2)
})

it('takes no ticket that is forged, or whose session has ended, and says what to do', async () => {
  revoked.add('s2')
  const wrong = [
    `${ticket()}x`,
    ticket('s2'),
    signTicket(randomBytes(32), { session: '', name: '', until: 9e15 }),
  ]
  for (const each of wrong) {
    const response = await stop({ ticket: each })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining('sign in') as string },
    })
  }
  expect((await stop({ ticket: 7 })).status).toBe(400)
  expect((await stop({ ticket: ticket(), why: 'x'.repeat(1100) })).status).toBe(413)
  expect(pressed).toEqual([])
})

it('lets pages of its own host and of the named origins read its answers, and no others', async () => {
  const allowed = async (origin: string): Promise<string | null> =>
    (await fetch(`${url}/api/estop`, { method: 'OPTIONS', headers: { origin } })).headers.get(
      'access-control-allow-origin',
    )
  expect(await allowed('http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080')
  expect(await allowed(ORIGIN)).toBe(ORIGIN)
  expect(await allowed('http://evil.example.org')).toBeNull()
})

it('has a page that needs nothing but itself, and believes no name to be markup', async () => {
  const response = await fetch(`${url}/guardian/`)
  const text = await response.text()
  expect(text).toContain('&#60;b&#62;Lab')
  expect(text).not.toContain('<b>Lab')
  expect((await fetch(`${url}/elsewhere`)).status).toBe(404)
})

it('lets nobody stop without a ticket where a proxy makes everybody come from this machine', async () => {
  const origins = [ORIGIN]
  using behind = new GuardianPort({
    ...{ key, facts: () => ({ title: '', startedAt: 0, bridge: '', devices: {}, deed: undefined }) },
    ...{ isRevoked: () => false, stop: () => Promise.resolve({ stopMs: 1, by: 'bridge' as const }) },
    log: pino({ level: 'silent' }),
  })
  const web = { host: '127.0.0.1', port: 0, origins, trustedProxies: ['127.0.0.1'] }
  const at = `http://127.0.0.1:${await behind.listen(web)}/api/estop`
  const status = async (body: object): Promise<number> =>
    (await fetch(at, { method: 'POST', body: JSON.stringify(body) })).status
  expect(await status({})).toBe(403)
  expect(await status({ ticket: ticket() })).toBe(200)
})

it.each(['//', '/a?b#c', 'http://', '*', '/%'])('answers %s, which is no path of its own', async (target) => {
  const { port: at } = new URL(url)
  const socket = connect(Number(at), '127.0.0.1')
  socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  let text = ''
  for await (const part of socket) text += String(part)
  expect(text).toMatch(/^HTTP\/1.1 (404|400|200)/)
})
