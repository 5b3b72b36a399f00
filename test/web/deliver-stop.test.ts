import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { guardianStopRequest } from '../../shared/guardian/guardian.ts'
import { deliverStop, PATIENCE_MS, type StopAnswer } from '../../web/link/deliver-stop.ts'
import { guardianStopUrl, stopByGuardian } from '../../web/link/guardian-stop.ts'
import { post } from '../../web/link/post.ts'

const DEADLINE_MS = 2000
const TICKET = 'session.anna.1796000000000.signature'
const never = new Promise<StopAnswer>(() => undefined)
const lost = new BenchError('connection.lost', 'no bridge')
const byBridge = (stopMs: number): StopAnswer => ({ stopMs, by: 'bridge' })

type Answer = { status: number; body: unknown } | 'nothing'

/** Takes stops as a bridge or a guardian does, on a port of its own. */
class StopServer {
  readonly heard: { url: string | undefined; body: unknown }[] = []
  readonly #server: Server
  url = ''
  answer: Answer

  private constructor(answer: Answer) {
    this.answer = answer
    this.#server = createServer((request, response) => void this.#take(request, response))
  }

  static async start(answer: Answer): Promise<StopServer> {
    const server = new StopServer(answer)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}/api/estop`
    started.push(server)
    return server
  }

  /** Its process is gone. */
  async end(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const part of request) text += String(part)
    this.heard.push({ url: request.url, body: JSON.parse(text) })
    // A process that is stopped takes connections still, and says nothing.
    if (this.answer === 'nothing') return
    response.writeHead(this.answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(this.answer.body))
  }
}

const started: StopServer[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.end()))
})

const bridgeServer = (): Promise<StopServer> =>
  StopServer.start({ status: 200, body: { ok: true, value: { stopMs: 2 } } })

function guardianServer(by: StopAnswer['by'] = 'guardian'): Promise<StopServer> {
  return StopServer.start({ status: 200, body: { ok: true, value: { stopMs: 7, by } } })
}

/** The page's stop without a socket. */
function press(bridge: StopServer, guardian: StopServer): Promise<StopAnswer> {
  return deliverStop({
    bySocket: undefined,
    byHttp: () =>
      post<{ stopMs: number }>(bridge.url, {}, { deadlineMs: DEADLINE_MS }).then(({ stopMs }) =>
        byBridge(stopMs),
      ),
    byGuardian: () => stopByGuardian(guardian.url, TICKET, { why: 'smoke', deadlineMs: DEADLINE_MS }),
  })
}

it('goes to the bridge and to the guardian at once', async () => {
  const bridge = await bridgeServer()
  const guardian = await guardianServer('bridge')
  expect((await press(bridge, guardian)).by).toBe('bridge')
  await expect.poll(() => [bridge.heard.length, guardian.heard.length]).toEqual([1, 1])
  const [{ url, body }] = guardian.heard as [(typeof guardian.heard)[number]]
  expect(url).toBe('/api/estop')
  expect(guardianStopRequest.parse(body)).toEqual({ ticket: TICKET, why: 'smoke' })
})

it('has arrived at the guardian when the bridge is dead, and says so', async () => {
  const bridge = await bridgeServer()
  const guardian = await guardianServer()
  await bridge.end()
  await expect(press(bridge, guardian)).resolves.toEqual({ stopMs: 7, by: 'guardian' })
})

it('does not wait for a bridge that hangs', async () => {
  const bridge = await bridgeServer()
  bridge.answer = 'nothing'
  const guardian = await guardianServer()
  const begun = performance.now()
  await expect(press(bridge, guardian)).resolves.toEqual({ stopMs: 7, by: 'guardian' })
  expect(performance.now() - begun).toBeLessThan(DEADLINE_MS / 2)
})

it('has arrived at the bridge when the guardian is dead, hangs or refuses', async () => {
  const bridge = await bridgeServer()
  const guardian = await guardianServer()
  const refusal = { ok: false, error: { code: 'credentials.invalid', message: 'the ticket has ended' } }
  for (const answer of ['nothing', { status: 401, body: refusal }, { status: 500, body: 'oops' }] as const) {
    guardian.answer = answer
    await expect(press(bridge, guardian)).resolves.toEqual(byBridge(2))
  }
  await guardian.end()
  await expect(press(bridge, guardian)).resolves.toEqual(byBridge(2))
})

it('says what the guardian answers when the bridge is dead', async () => {
  const bridge = await bridgeServer()
  const guardian = await guardianServer()
  await bridge.end()
  const refusal = { ok: false, error: { code: 'credentials.invalid', message: 'the ticket has ended' } }
  guardian.answer = { status: 401, body: refusal }
  await expect(press(bridge, guardian)).rejects.toMatchObject(refusal.error)
  guardian.answer = { status: 200, body: { ok: true, value: { stopMs: 'soon' } } }
  await expect(press(bridge, guardian)).rejects.toMatchObject({ code: 'internal' })
  await guardian.end()
  await expect(press(bridge, guardian)).rejects.toMatchObject({ code: 'connection.lost' })
})

describe('to the bridge', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('goes by the socket alone when that answers', async () => {
    const byHttp = vi.fn(() => Promise.resolve(byBridge(9)))
    const bySocket = (): Promise<StopAnswer> => Promise.resolve(byBridge(1))
    await expect(deliverStop({ bySocket, byHttp, byGuardian: undefined })).resolves.toEqual(byBridge(1))
    await vi.advanceTimersByTimeAsync(2 * PATIENCE_MS)
    expect(byHttp).not.toHaveBeenCalled()
  })

  it('goes by HTTP as well when the socket is silent for 300 ms', async () => {
    const byHttp = vi.fn(() => Promise.resolve(byBridge(3)))
    const delivered = deliverStop({ bySocket: () => never, byHttp, byGuardian: undefined })
    await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1)
    expect(byHttp).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await expect(delivered).resolves.toEqual(byBridge(3))
  })

  it('goes by HTTP without waiting when the socket refuses', async () => {
    const byHttp = (): Promise<StopAnswer> => Promise.resolve(byBridge(4))
    const bySocket = (): Promise<StopAnswer> => Promise.reject(lost)
    await expect(deliverStop({ bySocket, byHttp, byGuardian: undefined })).resolves.toEqual(byBridge(4))
  })

  it('has arrived when the socket answers late though all else has failed', async () => {
    const late = new Promise<StopAnswer>((resolve) => setTimeout(() => resolve(byBridge(5)), 1000))
    const fails = (): Promise<StopAnswer> => Promise.reject(lost)
    const delivered = deliverStop({ bySocket: () => late, byHttp: fails, byGuardian: fails })
    await vi.advanceTimersByTimeAsync(1000)
    await expect(delivered).resolves.toEqual(byBridge(5))
  })
})

it('goes the other way when one cannot even be begun', async () => {
  const throws = (): Promise<StopAnswer> => {
    throw new Error('out of memory')
  }
  const arrives = (): Promise<StopAnswer> => Promise.resolve(byBridge(6))
  await expect(deliverStop({ bySocket: throws, byHttp: throws, byGuardian: arrives })).resolves.toEqual(
    byBridge(6),
  )
  await expect(deliverStop({ bySocket: undefined, byHttp: arrives, byGuardian: throws })).resolves.toEqual(
    byBridge(6),
  )
})

it('says why when no way got there: a refusal before a lost connection', async () => {
  const refused = new BenchError('session.required', 'sign in')
  const refuses = (): Promise<StopAnswer> => Promise.reject(refused)
  const fails = (): Promise<StopAnswer> => Promise.reject(lost)
  const press = (ways: Parameters<typeof deliverStop>[0]): Promise<StopAnswer> => deliverStop(ways)
  await expect(press({ bySocket: refuses, byHttp: fails, byGuardian: undefined })).rejects.toBe(refused)
  await expect(press({ bySocket: fails, byHttp: fails, byGuardian: refuses })).rejects.toBe(refused)
  await expect(press({ bySocket: undefined, byHttp: fails, byGuardian: undefined })).rejects.toBe(lost)
})

it("finds the guardian on the page's host by its port, or where a proxy offers it on the page's origin", () => {
  const guardian = { state: 'present', since: 0, startedAt: 0 } as const
  const at = (url: string): URL => new URL(url)
  expect(guardianStopUrl({ ...guardian, port: 8081 }, at('https://bench.lab:8080/'))).toBe(
    'https://bench.lab:8081/api/estop',
  )
  expect(guardianStopUrl({ ...guardian, port: 8081 }, at('http://[::1]:8080/'))).toBe(
    'http://[::1]:8081/api/estop',
  )
  for (const path of ['/guardian', '/guardian/']) {
    expect(guardianStopUrl({ ...guardian, port: 8081, path }, at('https://lab.example/bench/'))).toBe(
      'https://lab.example/guardian/api/estop',
    )
  }
  expect(guardianStopUrl({ state: 'without', since: 0 }, at('https://lab.example/'))).toBeUndefined()
})
