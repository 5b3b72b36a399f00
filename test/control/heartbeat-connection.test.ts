import { once } from 'node:events'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { io, type Socket } from 'socket.io-client'
import { BEAT_LOST_MS, BEAT_MS, type ControlState, HEARTBEAT_PURPOSE } from '../../shared/control/control.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { ask, type Headers, setUp } from '../support/people.ts'

const PLACES = 3
/** A page's own name, as long as a random one. */
const named = (name: string): string => name.padEnd(32, '0')

let bridge: Awaited<ReturnType<typeof startBridge>>
let url: string
let token: string
let administrator: Headers

beforeAll(async () => {
  bridge = await startBridge(
    await writeBench({ server: { localRole: 'none', connectionsPerAddress: PLACES } }),
  )
  url = bridge.ready.url
  administrator = await setUp(url, bridge.output)
  token = (await ask(url, administrator, 'token.add', { name: 'page', role: 'operator' })).secret
}, 60_000)
afterAll(() => bridge.end())

/** Connects by the token alone, as a browser does, which cannot set headers. Rejects with the refusal's code. */
async function connect(auth: { page: string; purpose?: string; token?: string }): Promise<Socket> {
  const socket = io(url, {
    transports: ['websocket'],
    reconnection: false,
    auth: { token, ...auth, page: named(auth.page) },
  })
  onTestFinished(() => void socket.disconnect())
  const refused = once(socket as never, 'connect_error').then(([error]) => {
    throw new Error((error as { data?: { code: string } }).data?.code ?? String(error))
  })
  await Promise.race([once(socket as never, 'connect'), refused])
  return socket
}

const beside = (page: string): Promise<Socket> => connect({ page, purpose: HEARTBEAT_PURPOSE })

const call = (socket: Socket, name: string, input: object = {}): Promise<unknown> =>
  socket.timeout(5000).emitWithAck(name, input)

async function control(): Promise<ControlState> {
  const { snapshot } = await ask(url, administrator, 'topic.read', { topic: 'control' })
  return snapshot as ControlState
}

/** A page that holds the lease. */
async function holder(page: string): Promise<Socket> {
  const socket = await connect({ page })
  // Another test's holder may have left a moment ago.
  await expect.poll(() => call(socket, 'lease.take')).toMatchObject({ ok: true })
  return socket
}

it("keeps the heartbeat of the page's lease, and no other's", async () => {
  await holder('one')
  const beat = await beside('one')
  expect(await call(beat, 'lease.beat')).toEqual({ ok: true, value: {} })
  expect((await control()).lease?.beating).toBe(true)
  await connect({ page: 'two' })
  const other = await beside('two')
  expect(await call(other, 'lease.beat')).toMatchObject({ error: { code: 'lease.required' } })
  await expect.poll(async () => (await control()).lease?.beating, { timeout: 2 * BEAT_LOST_MS }).toBe(false)
})

it('takes beats and nothing else, not even the stop', async () => {
  await holder('one')
  const beat = await beside('one')
  for (const name of ['session.hello', 'lease.release', 'topic.subscribe', 'estop.press', 'nonsense']) {
    expect(await call(beat, name, { topic: 'bench' }), name).toMatchObject({
      ok: false,
      error: { code: 'input.invalid' },
    })
  }
  const { lease, stop } = await control()
  expect({ held: lease !== undefined, latched: stop.latched }).toEqual({ held: true, latched: false })
})

it('is not taken for the page: light does not wait, and it ends with the page', async () => {
  const page = await holder('one')
  const beat = await beside('one')
  const beats = setInterval(() => beat.emit('lease.beat', {}), BEAT_MS / 5)
  onTestFinished(() => clearInterval(beats))
  await expect.poll(async () => (await control()).lease).toMatchObject({ beating: true, connected: true })
  const ended = once(beat as never, 'disconnect')
  page.disconnect()
  await ended
  expect((await control()).lease).toMatchObject({ beating: false, connected: false })
  // Nor does one come back that nobody's page is beside.
  await expect(beside('one')).rejects.toThrow('connection.lost')
  expect((await control()).lease).toMatchObject({ beating: false, connected: false })
})

it('is refused to those whom the bridge does not know', async () => {
  await connect({ page: 'one' })
  await expect(
    connect({ page: 'one', purpose: HEARTBEAT_PURPOSE, token: `lb_${'x'.repeat(43)}` }),
  ).rejects.toThrow('session.required')
})

it('takes no place of a page, and there is one for each page at most', async () => {
  const pages = Array.from({ length: PLACES }, (_, i) => `page-${i}`)
  for (const page of pages) {
    await connect({ page })
    await beside(page)
  }
  await expect(connect({ page: 'more' })).rejects.toThrow('calls.exceeded')
  const first = await beside(pages[0]!)
  const ended = once(first as never, 'disconnect')
  const second = await beside(pages[0]!)
  await ended
  expect(second.connected).toBe(true)
  await expect
    .poll(async () => (await ask(url, administrator, 'diagnostics.read', {})).bridge.sockets)
    .toBe(PLACES)
})

it('takes no page name that could be guessed', async () => {
  const socket = io(url, { transports: ['websocket'], reconnection: false, auth: { token, page: 'one' } })
  onTestFinished(() => void socket.disconnect())
  const [error] = (await once(socket as never, 'connect_error')) as [{ data: unknown }]
  expect(error.data).toMatchObject({
    code: 'input.invalid',
    message: expect.stringContaining('128 random bits') as string,
  })
})
