import { once } from 'node:events'
import { mkdtemp, readFile, readdir } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { Session } from 'node:inspector/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Call } from '../../bridge/server/call.ts'
import { TrustedProxies } from '../../bridge/core/trusted-proxies.ts'
import { createHttp } from '../../bridge/server/http.ts'
import { Door } from '../../bridge/server/origin.ts'
import { traceRoutes } from '../../bridge/server/routes/traces.ts'
import type { TraceStore } from '../../bridge/traces/traces.ts'
import type { Role } from '../../shared/access/access.ts'
import type { Result } from '../../shared/wire/errors.ts'
import { decodeNpy, NPY_HEADER_BYTES } from '../../shared/traces/npy.ts'
import { type TraceInfo, WINDOW_START, WINDOW_STEP } from '../../shared/traces/trace.ts'
import { keep, library, log } from './trace-rig.ts'

const POINTS = 300_000
const samples = Float32Array.from({ length: POINTS }, (_, i) => (i === 7 ? NaN : -(i + 1) / 1000))
let store: TraceStore
let folder: string
let url: string
let info: TraceInfo
let file: Buffer
let close: () => void
const audited: Call[] = []

beforeAll(async () => {
  ;({ store, folder } = await library())
  info = await keep(store, samples, {
    name: 'Ring 4: "through"/../port',
    state: { sweep: { phase: 'done' } },
  })
  file = await readFile(join(folder, `${info.id}.npy`))
  const { server: http } = createHttp({
    pageDir: await mkdtemp(join(tmpdir(), 'lightbench-')),
    routes: traceRoutes({ traces: store, audit: (call) => audited.push(call) }),
    door: new Door({ names: ['127.0.0.1'], origins: [] }),
    identify: ({ authorization }) =>
      authorization ? { name: 'ada', role: authorization as Role, via: 'token', key: 'k' } : undefined,
    proxies: new TrustedProxies([]),
    refusals: { count: () => {} },
    tls: undefined,
    guardianPort: () => undefined,
    log,
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  close = () => {
    http.closeAllConnections()
    http.close()
  }
})
afterAll(() => close())

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
  fetch(url + path, { method, headers: { authorization: 'viewer', ...headers } })
const bytesOf = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer())
const npy = (): string => `/api/traces/${info.id}.npy`

function post(query: string, body: BodyInit, type = 'text/csv', role = 'operator'): Promise<Response> {
  return fetch(`${url}/api/traces${query}`, {
    method: 'POST',
    headers: { authorization: role, 'content-type': type },
    body,
  })
}
const resultOf = async (answer: Response): Promise<Result<TraceInfo>> =>
  (await answer.json()) as Result<TraceInfo>

describe('samples from disk', () => {
  it('sends all of the file, with what a cache needs and a name that every file system takes', async () => {
    const answer = await ask(npy())
    expect((await bytesOf(answer)).equals(file)).toBe(true)
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-length': String(file.length),
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[^"]+"$/),
      'last-modified': expect.stringContaining('GMT'),
      'content-disposition': 'attachment; filename="Ring 4- -through-..-port.npy"',
    })
  })

  it.each<[string, number, number]>([
    ['bytes=0-99', 0, 99],
    ['bytes=128-131', 128, 131],
    ['bytes=1200000-', 1_200_000, -1],
    ['bytes=-4', -4, -1],
    ['bytes=100-99999999', 100, -1],
    ['bytes=-99999999', 0, -1],
  ])('sends %s and nothing else', async (range, from, to) => {
    const answer = await ask(npy(), { range })
    const first = from < 0 ? file.length + from : from
    const last = to < 0 ? file.length + to : to
    expect(answer.status).toBe(206)
    expect(answer.headers.get('content-range')).toBe(`bytes ${first}-${last}/${file.length}`)
    expect((await bytesOf(answer)).equals(file.subarray(first, last + 1))).toBe(true)
  })

  it.each(['bytes=5-2', 'bytes=0-1,4-5', 'items=0-5', 'bytes=-', 'bytes=a-b'])(
    'sends all of it for %s, which is no single range of bytes',
    async (range) => {
      const answer = await ask(npy(), { range })
      expect(answer.status).toBe(200)
      expect((await bytesOf(answer)).length).toBe(file.length)
    },
  )

  it('says how long the file is when a range lies behind its end', async () => {
    for (const range of ['bytes=99999999-', 'bytes=-0']) {
      const answer = await ask(npy(), { range })
      expect(answer.status, range).toBe(416)
      expect(answer.headers.get('content-range')).toBe(`bytes */${file.length}`)
    }
  })

  it('sends nothing to whoever has it already', async () => {
    const etag = (await ask(npy(), {}, 'HEAD')).headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await ask(npy(), { 'if-none-match': known })
      expect([answer.status, await answer.text()], known).toEqual([304, ''])
    }
    expect((await ask(npy(), { 'if-none-match': '"other"' })).status).toBe(200)
  })

  it('goes on with a range only while the file is the one that was begun', async () => {
    const head = await ask(npy(), {}, 'HEAD')
    const etag = head.headers.get('etag') ?? ''
    const modified = head.headers.get('last-modified') ?? ''
    const status = async (ifRange: string): Promise<number> =>
      (await ask(npy(), { range: 'bytes=0-9', 'if-range': ifRange })).status
    expect(await status(etag)).toBe(206)
    expect(await status(modified)).toBe(206)
    // If-Range asks for the strong comparison.
    expect(await status(`W/${etag}`)).toBe(200)
    expect(await status('"other"')).toBe(200)
    expect(await status('Mon, 01 Jan 2024 00:00:00 GMT')).toBe(200)
  })

  it('answers HEAD as it would GET, without the file', async () => {
    const answer = await ask(npy(), {}, 'HEAD')
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
      200,
      String(file.length),
      '',
    ])
  })

  it('reads only what has been taken: many slow readers are not in memory', async () => {
    const big = await keep(store, new Float32Array(4_000_000))
    await once(await slowReader(big.id), 'readable')
    const before = await heldMiB()
    const readers = await Promise.all(Array.from({ length: 20 }, () => slowReader(big.id)))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await heldMiB()) - before).toBeLessThan(40)
    for (const reader of readers) reader.destroy()
  })

  it.each(['..%2f..%2flightbench.db', '..%2f..%2fpackage.npy', 'none.npy', '%00.npy', 'x', '.npy', 'x.exe'])(
    'has no trace %s',
    async (name) => {
      const answer = await ask(`/api/traces/${name}`)
      expect([answer.status, await answer.json()]).toMatchObject([404, { error: { code: 'trace.unknown' } }])
    },
  )
})

/** What is held on to in buffers, without what is only waiting to be collected. */
async function heldMiB(): Promise<number> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
  return process.memoryUsage().arrayBuffers / 2 ** 20
}

function slowReader(
  id: string,
): Promise<NodeJS.ReadableStream & { destroy(): void; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    request(`${url}/api/traces/${id}.npy`, { headers: { authorization: 'viewer' } }, (answer) => {
      answer.pause()
      resolve(answer)
    })
      .on('error', reject)
      .end()
  })
}

describe('a window', () => {
  it('comes as NPY of two rows, and says where its columns lie', async () => {
    const from = info.axis.start + 100_000 * info.axis.step
    const to = info.axis.start + 200_000 * info.axis.step
    const answer = await ask(`/api/traces/${info.id}/window?from=${from}&to=${to}&width=500`)
    const body = (await bytesOf(answer)).buffer as ArrayBuffer
    const values = decodeNpy(body)
    const columns = values.length / 2
    const start = Number(answer.headers.get(WINDOW_START))
    const step = Number(answer.headers.get(WINDOW_STEP))
    expect(start).toBeLessThanOrEqual(from + 1e-20)
    expect(start + columns * step).toBeGreaterThanOrEqual(to - 1e-20)
    const first = Math.round((start - info.axis.start) / info.axis.step)
    expect(values[columns]).toBeCloseTo(-(first + 1) / 1000, 3)
    expect(values[0]).toBeLessThan(values[columns]!)
  })

  it.each(['width=0', 'width=5000', 'from=x', 'width=1.5'])('refuses %s', async (query) => {
    expect((await ask(`/api/traces/${info.id}/window?${query}`)).status).toBe(400)
  })

  it('has none of a trace that is not there', async () => {
    expect((await ask('/api/traces/none/window')).status).toBe(404)
  })
})

describe('files from outside', () => {
  it('takes CSV: what is exported comes back as the same samples', async () => {
    const csv = await (await ask(`/api/traces/${info.id}.csv`)).text()
    const result = await resultOf(await post('?name=Again&tags=wafer,golden', csv))
    expect(result).toMatchObject({
      ok: true,
      value: { name: 'Again', tags: ['wafer', 'golden'], device: 'import', unit: 'dB', points: POINTS },
    })
    if (!result.ok) return
    expect(result.value.axis.start).toBeCloseTo(info.axis.start, 18)
    expect(result.value.axis.step).toBeCloseTo(info.axis.step, 20)
    const back = await bytesOf(await ask(`/api/traces/${result.value.id}.npy`))
    expect(back.subarray(NPY_HEADER_BYTES).equals(file.subarray(NPY_HEADER_BYTES))).toBe(true)
    expect(audited.at(-1)).toMatchObject({
      name: 'trace.import',
      caller: { name: 'ada' },
      result: { ok: true },
    })
  })

  it('takes NPY of one axis, told where it lies', async () => {
    const result = await resultOf(
      await post('?start=1.5e-6&step=1e-12&unit=dBm', new Uint8Array(file), 'application/octet-stream'),
    )
    expect(result).toMatchObject({
      ok: true,
      value: {
        axis: { quantity: 'wavelength', unit: 'm', start: 1.5e-6, step: 1e-12 },
        unit: 'dBm',
        points: POINTS,
      },
    })
  })

  it.each<[string, string, string, string, string]>([
    ['a viewer', '', '1,2\n2,3\n', 'text/csv', 'role.required'],
    ['JSON', '', '{"a":1}', 'application/json', 'input.invalid'],
    ['words', '', 'dear sir,\nI enclose\n', 'text/csv', 'input.invalid'],
    ['half an NPY', '?start=1e-6&step=1e-12', '\x93NUMPY\x01', 'application/octet-stream', 'input.invalid'],
    ['wavelengths that go back', '', '1550,1\n1551,2\n1550.5,3\n', 'text/csv', 'input.invalid'],
    ['values without wavelengths', '', '1\n2\n3\n', 'text/csv', 'input.invalid'],
    ['a step of nothing', '?start=1e-6&step=0', '1\n2\n', 'text/csv', 'input.invalid'],
    ['nothing', '', '', 'text/csv', 'input.invalid'],
  ])('refuses %s, and keeps nothing of it', async (who, query, body, type, code) => {
    const before = store.list({ limit: 100 }).length
    const sent = Buffer.from(body, 'latin1')
    const result = await resultOf(await post(query, sent, type, who === 'a viewer' ? 'viewer' : 'operator'))
    expect(result).toMatchObject({ ok: false, error: { code } })
    expect(store.list({ limit: 100 })).toHaveLength(before)
    // The upload is answered before its remains are gone.
    await expect.poll(() => readdir(join(folder, '.parts'))).toEqual([])
  })

  it('turns away what says that it is too large before it is sent, and what is too large while it is', async () => {
    const announced = await new Promise<number>((resolve, reject) => {
      const asked = request(`${url}/api/traces`, {
        method: 'POST',
        headers: { authorization: 'operator', 'content-type': 'text/csv', 'content-length': 300 * 2 ** 20 },
      })
      asked.on('response', (answer) => resolve(answer.statusCode ?? 0)).on('error', reject)
      asked.write('1550,1\n')
    })
    expect(announced).toBe(413)
    let sent = 0
    const line = new Uint8Array(2 ** 20).fill(0x31)
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += line.length
        if (sent > 400 * 2 ** 20) controller.close()
        else controller.enqueue(line)
      },
    })
    const answer = await fetch(`${url}/api/traces`, {
      method: 'POST',
      headers: { authorization: 'operator', 'content-type': 'text/csv' },
      body: endless,
      duplex: 'half',
    } as RequestInit).then(
      ({ status }) => status,
      // A client that still sends may find its connection closed before it reads the answer.
      () => 400,
    )
    expect(answer).toBe(400)
    expect(sent).toBeLessThan(300 * 2 ** 20)
    await expect.poll(() => readdir(join(folder, '.parts'))).toEqual([])
  }, 30_000)
})
