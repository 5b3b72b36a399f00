import { once } from 'node:events'
import { get as request, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'

/** What a notebook of exfo-ctp10-api asks, in its order; the shapes are those its clients read. */
let instrument: Awaited<ReturnType<typeof startCtp10>>
let bridge: Awaited<ReturnType<typeof startBridge>>

beforeAll(async () => {
  instrument = await startCtp10(['--speed-up', '100'])
  const dut = { driver: 'instrument.exfo-ctp10', resource: instrument.ready.resource, powersPerSecond: 50 }
  bridge = await startBridge(await writeBench({ compat: 'exfo-ctp10-api', devices: { dut } }))
  // A device that is being opened is waited for.
  expect((await post('/connection/connect')).status).toBe(200)
}, 60_000)

afterAll(async () => {
  await bridge.end()
  await instrument.end()
})

type Answer = { status: number; body: Record<string, unknown> }

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(bridge.ready.url + path, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const get = (path: string): Promise<Answer> => ask('GET', path)
const post = (path: string, body?: unknown): Promise<Answer> => ask('POST', path, body)

const someNumber = expect.any(Number)
const someText = expect.any(String)
const done = (part: object) => ({ status: 200, body: { success: true, message: someText, ...part } })

it('says who it is, to a notebook and to a browser', async () => {
  expect(await get('/')).toEqual({
    status: 200,
    body: { service: 'EXFO CTP10 Vector Analyzer API', version: someText, status: 'running' },
  })
  expect(await get('/health')).toEqual({
    status: 200,
    body: { status: 'healthy', connected: true, timestamp: someText },
  })
  const page = await fetch(bridge.ready.url, { headers: { accept: 'text/html,*/*;q=0.8' } })
  expect(page.headers.get('content-type')).toMatch(/html/)
  await page.body?.cancel()
})

it('connects', async () => {
  const { resource } = instrument.ready
  const status = {
    connected: true,
    instrument_id: 'EXFO,CTP10,SIM000001,1.5.0',
    address: resource.replace('TCPIP', 'TCPIP0'),
  }
  expect(await post('/connection/connect')).toEqual({ status: 200, body: status })
  expect(await post('/connection/connect', { address: resource, timeout_ms: 5000 })).toMatchObject({
    status: 200,
  })
  expect(await post('/connection/connect', { address: 'TCPIP::other::5025::SOCKET' })).toMatchObject({
    status: 500,
  })
  expect(await post('/connection/connect', { timeout_ms: 10 })).toMatchObject({ status: 422 })
  expect(await get('/connection/status')).toEqual({ status: 200, body: status })
  expect(await get('/connection/condition')).toEqual({
    status: 200,
    body: {
      register_value: 0,
      is_idle: true,
      bits: {
        ...{ zeroing: false, calibrating: false, scanning: false, analyzing: false },
        ...{ aborting: false, armed: false, referencing: false, quick_referencing: false },
      },
    },
  })
  expect(await post('/connection/check_errors')).toEqual(done({ message: 'No errors found' }))
})

it('sets detectors', async () => {
  expect(await get('/detector/snapshot?module=4')).toEqual({
    status: 200,
    body: {
      ...{ timestamp: someNumber, module: 4, wavelength_nm: 1550, unit: 'dBm' },
      ...{ ch1_power: someNumber, ch2_power: someNumber, ch3_power: someNumber, ch4_power: someNumber },
    },
  })
  expect(await post('/detector/wavelength?module=4&channel=1&wavelength_nm=1310.0')).toEqual({
    status: 200,
    body: { success: true, module: 4, channel: 1, wavelength_nm: 1310 },
  })
  const { body } = await get('/detector/wavelength')
  expect(body).toEqual({ module: 4, channel: 1, wavelength_nm: 1310, frequency_thz: someNumber })
  expect(body['frequency_thz']).toBeCloseTo(228.8492, 3)
  const config = { power_unit: 'MW', spectral_unit: 'FREQ', resolution_pm: 0.5 }
  expect(await post('/detector/config?module=4&channel=1', config)).toEqual(done({}))
  expect((await get('/detector/config?module=4&channel=1')).body).toEqual({
    ...{ module: 4, channel: 1, power_unit: 'mW', spectral_unit: 'THz', resolution_pm: 0.5 },
    wavelength_nm: 1310,
  })
  expect((await get('/detector/snapshot')).body).toMatchObject({ unit: 'mW' })
  await post('/detector/config', { power_unit: 'DBM', spectral_unit: 'WAV', resolution_pm: 10 })
  expect(await post('/detector/stabilization', { output: true, duration_seconds: 0.5 })).toEqual({
    status: 200,
    body: { success: true, output: true, duration_seconds: 0.5 },
  })
  expect((await get('/detector/stabilization')).body).toEqual({ output: true, duration_seconds: 0.5 })
  for (const path of ['/detector/snapshot?module=21', '/detector/config?channel=7']) {
    expect(await get(path), path).toMatchObject({ status: 422, body: { detail: [{ msg: someText }] } })
  }
  expect(await get('/detector/snapshot?module=2')).toMatchObject({ status: 500, body: { detail: someText } })
})

it('sets TLS', async () => {
  const config = {
    ...{ start_wavelength_nm: 1262.5, stop_wavelength_nm: 1355, sweep_speed_nmps: 20 },
    ...{ laser_power_dbm: 10, trigin: 2, identifier: 2 },
  }
  expect(await post('/tls/1/config', config)).toEqual(done({ config }))
  expect((await get('/tls/1/config')).body).toEqual({ channel: 1, ...config })
  expect((await post('/tls/1/config', { identifier: 1 })).status).toBe(200)
  const span = { start_wavelength_nm: 1550, stop_wavelength_nm: 1560 }
  expect(await post('/tls/1/wavelength?start_nm=1550&stop_nm=1560')).toEqual(done(span))
  expect((await get('/tls/1/wavelength')).body).toEqual({ channel: 1, ...span })
  expect(await post('/tls/1/power?power_dbm=7.0')).toEqual(done({ laser_power_dbm: 7 }))
  expect((await get('/tls/1/power')).body).toEqual({ channel: 1, laser_power_dbm: 7 })
  expect(await post('/tls/1/speed?speed_nmps=50')).toEqual(done({ sweep_speed_nmps: 50 }))
  expect((await get('/tls/1/speed')).body).toEqual({ channel: 1, sweep_speed_nmps: 50 })
  expect(await post('/tls/1/trigger?trigin=0')).toEqual(done({ trigin: 0 }))
  expect((await get('/tls/1/trigger')).body).toEqual({
    ...{ channel: 1, trigin: 0, description: 'Software trigger' },
  })
  expect((await get('/tls/5/config')).status).toBe(422)
  expect((await post('/tls/1/power?power_dbm=11')).status).toBe(422)
  // The instrument's own words.
  expect(await post('/tls/1/speed?speed_nmps=34')).toMatchObject({
    status: 500,
    body: { detail: expect.stringContaining('-224') },
  })
})

it('sweeps, and fetches traces', async () => {
  const span = { start_wavelength_nm: 1550, stop_wavelength_nm: 1552 }
  expect(await post('/measurement/sweep/wavelengths', span)).toEqual({ status: 200, body: span })
  expect((await get('/measurement/sweep/wavelengths')).body).toEqual(span)
  expect((await post('/measurement/sweep/wavelengths', {})).status).toBe(400)
  expect(await post('/measurement/sweep/start?wait=True')).toEqual(
    done({ message: 'Sweep completed', is_complete: true }),
  )
  expect((await get('/measurement/sweep/status')).body).toEqual({
    ...{ is_sweeping: false, is_complete: true, condition_register: 0 },
  })
  const at = 'module=4&channel=1&trace_type=1'
  const metadata = { module: 4, channel: 1, trace_type: 1, num_points: 201, unit: 'dBm' }
  expect((await get(`/detector/trace/metadata?${at}`)).body).toEqual({
    ...metadata,
    ...{ sampling_pm: 10, start_wavelength_nm: 1550 },
  })
  const { body: json } = await get(`/detector/trace/data?${at}`)
  const { wavelengths, values } = json as { wavelengths: number[]; values: number[] }
  expect(json['metadata']).toEqual(metadata)
  expect([wavelengths.length, values.length]).toEqual([201, 201])
  expect([wavelengths[0], wavelengths.at(-1)]).toEqual([1550, 1552])

  const binary = await fetch(`${bridge.ready.url}/detector/trace/binary?${at}`)
  expect(binary.headers.get('content-type')).toBe('application/octet-stream')
  expect(binary.headers.get('content-disposition')).toContain('trace_m4_c1_t1.npy')
  const file = Buffer.from(await binary.arrayBuffer())
  const begin = 10 + file.readUInt16LE(8)
  expect(file.toString('latin1', 10, begin)).toBe(
    "{'descr': [('wavelengths', '<f8'), ('values', '<f8')], 'fortran_order': False, 'shape': (201,), }".padEnd(
      117,
    ) + '\n',
  )
  expect(file.length).toBe(begin + 201 * 16)
  expect(file.readDoubleLE(begin + 16)).toBeCloseTo(1550.01, 6)
  expect(file.readDoubleLE(begin + 24)).toBe(values[1])
  expect(await get('/detector/trace/data?trace_type=2')).toMatchObject({
    status: 500,
    body: { detail: expect.stringContaining('no trace') },
  })
  expect((await get('/detector/trace/data?trace_type=24')).status).toBe(422)
})

it('tells of a sweep from its start, and aborts it', async () => {
  await post('/detector/stabilization', { output: true, duration_seconds: 60 })
  expect(await post('/measurement/sweep/start')).toEqual(
    done({ message: 'Sweep initiated', is_complete: false }),
  )
  expect((await get('/measurement/sweep/status')).body).toMatchObject({
    ...{ is_sweeping: true, is_complete: false },
  })
  expect((await post('/measurement/sweep/start')).status).toBe(409)
  expect(await post('/measurement/sweep/abort')).toEqual(done({ message: 'Sweep aborted' }))
  await expect
    .poll(async () => (await get('/measurement/sweep/status')).body)
    .toEqual({ is_sweeping: false, is_complete: true, condition_register: 0 })
  await post('/detector/stabilization', { output: false, duration_seconds: 0 })
})

it('takes references', async () => {
  const none = { state: 0, type: null, date: null, time: null }
  expect((await get('/detector/reference/result?module=4&channel=2')).body).toEqual({
    ...{ module: 4, channel: 2 },
    ...none,
  })
  const result = {
    state: 1,
    type: 0,
    date: expect.stringMatching(/^\d{8}$/),
    time: expect.stringMatching(/^\d{6}$/),
  }
  expect(await post('/detector/reference?module=4&channel=2&wait=true')).toEqual(
    done({ is_complete: true, result: { ...result, type_description: 'TF (1 sweep)' } }),
  )
  expect((await get('/detector/reference/result?module=4&channel=2')).body).toEqual({
    ...{ module: 4, channel: 2 },
    ...result,
  })
  expect(await post('/detector/reference')).toEqual(done({ is_complete: false }))
  expect((await get('/measurement/status/referencing')).body).toEqual({
    is_referencing: true,
    condition_register: someNumber,
  })
  await expect
    .poll(async () => (await get('/measurement/status/referencing')).body['is_referencing'])
    .toBe(false)
})

it('sets reference lasers, and lets none emit for a client that cannot be told to be there', async () => {
  expect((await get('/rlaser/2/id')).body).toEqual({
    ...{ laser_number: 2, id: 'EXFO,T500S,0,6.06', manufacturer: 'EXFO', model: 'T500S' },
    ...{ serial: '0', firmware: '6.06' },
  })
  expect(await post('/rlaser/2/power?power_dbm=13')).toEqual(done({ laser_number: 2, power_dbm: 13 }))
  expect((await get('/rlaser/2/power')).body).toEqual({ laser_number: 2, power_dbm: 13 })
  expect(await post('/rlaser/2/wavelength?wavelength_nm=1310')).toEqual(
    done({ laser_number: 2, wavelength_nm: 1310 }),
  )
  expect((await get('/rlaser/2/wavelength')).body).toEqual({ laser_number: 2, wavelength_nm: 1310 })
  const config = { power_dbm: 8, wavelength_nm: 1311, power_state: false }
  expect(await post('/rlaser/2/config', config)).toEqual(done({ config }))
  expect((await get('/rlaser/2/config')).body).toEqual({
    ...{ laser_number: 2, id: 'EXFO,T500S,0,6.06', power_dbm: 8, wavelength_nm: 1311, is_on: false },
  })
  expect((await get('/rlaser/2/state')).body).toEqual({ laser_number: 2, is_on: false, state: 0 })
  expect((await get('/rlaser/9/config')).status).toBe(500)
  expect((await get('/rlaser/11/config')).status).toBe(422)
  expect(await post('/rlaser/2/on')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('heartbeat') },
  })
})

/** Messages of a WebSocket as they come. */
async function listen(path: string): Promise<{ socket: WebSocket; messages: Record<string, unknown>[] }> {
  const socket = new WebSocket(bridge.ready.url.replace('http', 'ws') + path)
  const messages: Record<string, unknown>[] = []
  socket.addEventListener('message', ({ data }) =>
    messages.push(JSON.parse(String(data)) as Record<string, unknown>),
  )
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  return { socket, messages }
}

it('streams powers at the rate that is asked for, whose pongs keep a laser on', async () => {
  const { socket, messages } = await listen('/ws/power?module=4&interval=0.1')
  await expect.poll(() => messages.length, { timeout: 3000 }).toBeGreaterThan(5)
  expect(messages[1]).toEqual({
    ...{ type: 'data', timestamp: someNumber, module: 4, wavelength_nm: someNumber, unit: 'dBm' },
    ...{ ch1_power: someNumber, ch2_power: someNumber, ch3_power: someNumber, ch4_power: someNumber },
  })
  const times = messages.slice(1).map(({ timestamp }) => timestamp as number)
  expect((times.at(-1)! - times[0]!) / (times.length - 1)).toBeCloseTo(0.1, 1)
  const on = { laser_number: 1, is_on: true }
  await expect.poll(() => post('/rlaser/1/on'), { timeout: 3000 }).toEqual(done(on))
  await sleep(1500)
  expect((await get('/rlaser/1/state')).body).toMatchObject({ is_on: true })
  socket.close()
  await expect
    .poll(async () => (await get('/rlaser/1/state')).body, { timeout: 3000 })
    .toMatchObject({ is_on: false })
  expect(await post('/rlaser/1/off')).toEqual(done({ laser_number: 1, is_on: false }))
})

it('beats for a notebook whose sweep is under way, by its requests, and for a laser by pongs alone', async () => {
  using client = await Client.connect(bridge.ready.url)
  const beating = async (): Promise<unknown> => {
    const { snapshot } = await client.call('topic.read', { topic: 'control' })
    return (snapshot as { lease?: { beating: boolean } }).lease?.beating
  }
  expect(await post('/measurement/sweep/start')).toMatchObject({ status: 200 })
  expect(await beating()).toBe(true)
  expect(await post('/rlaser/2/on')).toMatchObject({ status: 409 })
  expect(await post('/measurement/sweep/abort')).toMatchObject({ status: 200 })
  // As long as requests come the beats go on, which a laser that is on by nobody's pongs does not profit from.
  await post('/connection/disconnect')
  expect(await beating()).toBeFalsy()
  expect((await post('/connection/connect')).status).toBe(200)
})

it('is there: /ws/health', async () => {
  const { socket, messages } = await listen('/ws/health')
  await expect
    .poll(() => messages[0])
    .toEqual({
      ...{ type: 'heartbeat', timestamp: someText, active_streams: someNumber },
    })
  socket.send('ping')
  await expect.poll(() => messages[1]).toEqual({ type: 'pong', timestamp: someText })
  socket.close()
})

it('says who is at the bench when somebody else is', async () => {
  await post('/connection/disconnect')
  await post('/connection/connect')
  using page = await Client.operate(bridge.ready.url)
  expect(await post('/tls/1/power?power_dbm=1')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('holds the lease') },
  })
  expect((await get('/tls/1/power')).status).toBe(200)
  expect((await post('/measurement/sweep/abort')).status).toBe(200)
  await page.call('lease.release', {})
  expect((await post('/tls/1/power?power_dbm=1')).status).toBe(200)
})

it('turns pages of other sites away, on its WebSockets too', async () => {
  const foreign = { origin: 'https://evil.example' }
  expect((await fetch(`${bridge.ready.url}/detector/snapshot`, { headers: foreign })).status).toBe(403)
  const upgrade = request(`${bridge.ready.url}/ws/power`, {
    headers: {
      ...foreign,
      ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    },
  })
  const [answer] = (await once(upgrade, 'response')) as [IncomingMessage]
  expect(answer.statusCode).toBe(403)
})

it('answers 503 once disconnected, and ends streams with a reconnect', async () => {
  const { socket, messages } = await listen('/ws/power?interval=0.02')
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
  expect(await post('/connection/disconnect')).toEqual(done({}))
  expect(await get('/detector/snapshot')).toEqual({
    status: 503,
    body: { detail: expect.stringContaining('Not connected') },
  })
  expect((await post('/measurement/sweep/start')).status).toBe(503)
  expect((await get('/health')).body).toMatchObject({ status: 'healthy', connected: false })
  await closed
  const errors = messages.filter(({ type }) => type === 'error')
  expect(errors.at(-1)).toEqual({
    ...{ type: 'error', message: someText, timestamp: someText, recoverable: true, error_count: 10 },
  })
  expect(messages.at(-1)).toEqual({ type: 'reconnect', reason: someText, retry_after: 5 })
  expect((await post('/connection/connect')).status).toBe(200)
})
