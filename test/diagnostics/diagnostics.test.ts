import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Diagnostics, diagnostics } from '../../shared/diagnostics/diagnostics.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { ask, type Headers, setUp } from '../support/people.ts'
import { parseMetrics } from '../support/prometheus.ts'
import { Client } from '../support/socket.ts'

let ctp10: Awaited<ReturnType<typeof startCtp10>>
let bridge: Awaited<ReturnType<typeof startBridge>>
let admin: Headers
let viewer: Headers

beforeAll(async () => {
  ctp10 = await startCtp10()
  bridge = await startBridge(
    await writeBench({
      server: { localRole: 'none' },
      media: { port: 0, workers: 1 },
      devices: {
        slide: { driver: 'camera.sim', width: 160, height: 120 },
        dut: { driver: 'instrument.exfo-ctp10', resource: ctp10.ready.resource },
      },
    }),
  )
  admin = await setUp(bridge.ready.url, bridge.output)
  const { secret } = await ask(bridge.ready.url, admin, 'token.add', { name: 'prometheus', role: 'viewer' })
  viewer = { authorization: `Bearer ${secret}` }
}, 30_000)

afterAll(async () => {
  await bridge.end()
  await ctp10.end()
})

async function read(): Promise<Diagnostics> {
  const answer = await fetch(`${bridge.ready.url}/api/diagnostics`, { headers: viewer })
  return diagnostics.parse(await answer.json())
}

it('says how cameras, lines, workers, bridge and storage fare', { timeout: 30_000 }, async () => {
  await expect.poll(read, { timeout: 20_000 }).toMatchObject({
    cameras: [{ device: 'slide', memoryMiB: expect.any(Number) }],
    workers: [{ cpuPercent: expect.any(Number) }],
  })
  const state = await read()
  expect(state.cameras[0]?.stages.capture?.count).toBeGreaterThan(0)
  expect(state.sessions).toMatchObject([{ device: 'dut', exchanges: expect.any(Number) }])
  expect(state.sessions[0]?.lineWait?.count).toBeGreaterThan(0)
  expect(state.workers.every(({ pid, memoryMiB }) => pid > 0 && memoryMiB > 0)).toBe(true)
  expect(state.storage.databaseBytes).toBeGreaterThan(4096)
  expect(state.storage.diskFreeBytes).toBeLessThan(state.storage.diskBytes ?? 0)
})

it('encodes nothing for its measuring: a camera that nobody watches has been through no encoder', async () => {
  const { stages, viewers } = (await read()).cameras[0] ?? {}
  expect(viewers).toEqual([])
  expect(stages?.encode).toBeUndefined()
})

it('answers the same over the command', async () => {
  const state = await ask(bridge.ready.url, viewer, 'diagnostics.read', {})
  expect(Object.keys(state)).toEqual(Object.keys(await read()))
})

it('takes what a viewer says of its side, and nothing from one that does not watch', async () => {
  using client = await Client.connect(bridge.ready.url, admin)
  await expect(
    client.call('viewer.report', { viewer: '00000000-0000-4000-8000-000000000000', decodeMs: 1 }),
  ).rejects.toMatchObject({ code: 'media.unavailable' })
  const { viewer: id } = await client.call('camera.join', { camera: 'slide' })
  await expect(client.call('viewer.report', { viewer: id, decodeMs: -1 })).rejects.toMatchObject({
    code: 'input.invalid',
  })
  const said = { decodeMs: 3, networkMs: 0.5, latencyMs: 41, framesDropped: 2, path: 'udp, host', fps: 30 }
  await client.call('viewer.report', { viewer: id, ...said })
  const { stages, latency, drops, viewers } = (await read()).cameras[0] ?? {}
  expect(stages).toMatchObject({ decode: { count: 1, medianMs: 3 }, network: { medianMs: 0.5 } })
  expect(latency).toMatchObject({ medianMs: 41 })
  expect(drops).toContainEqual({ stage: 'draw', reason: 'unshown', count: 2 })
  expect(viewers).toMatchObject([{ path: 'udp, host', fps: 30, reportedAt: expect.any(Number) }])
  expect(JSON.stringify(viewers)).not.toContain(id)
})

it('speaks to Prometheus: typed, in base units, bound in labels', async () => {
  const answer = await fetch(`${bridge.ready.url}/metrics`, { headers: viewer })
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const { samples, types } = parseMetrics(await answer.text())
  expect(samples.every(({ name }) => name.startsWith('lightbench_'))).toBe(true)
  for (const [name, type] of types) expect(name.endsWith('_total')).toBe(type === 'counter')
  const find = (name: string, labels: Record<string, string> = {}): number | undefined =>
    samples.find(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )?.value
  expect(
    find('lightbench_stage_duration_seconds', { camera: 'slide', stage: 'capture', quantile: '0.95' }),
  ).toBeLessThan(1)
  expect(find('lightbench_instrument_exchanges_total', { device: 'dut' })).toBeGreaterThan(0)
  expect(find('lightbench_memory_bytes', { process: 'bridge' })).toBeGreaterThan(10_000_000)
  expect(find('lightbench_disk_free_bytes')).toBeGreaterThan(0)
  const names = new Set(samples.flatMap(({ labels }) => Object.keys(labels)))
  expect([...names].sort()).toEqual(
    ['camera', 'device', 'name', 'part', 'process', 'quantile', 'reason', 'stage'].filter((name) =>
      names.has(name),
    ),
  )
})

it('counts up from scrape to scrape, and does not add what it has said before', async () => {
  const exchanges = async (): Promise<number> => {
    const { samples } = parseMetrics(
      await (await fetch(`${bridge.ready.url}/metrics`, { headers: viewer })).text(),
    )
    return samples.find(({ name }) => name === 'lightbench_instrument_exchanges_total')?.value ?? NaN
  }
  const first = await exchanges()
  const second = await exchanges()
  const now = (await read()).sessions[0]?.exchanges ?? 0
  expect(second).toBeGreaterThanOrEqual(first)
  expect(second).toBeLessThanOrEqual(now)
})

it.each(['/api/diagnostics', '/metrics'])('shows nobody %s who may not see the bench', async (path) => {
  expect((await fetch(bridge.ready.url + path)).status).toBe(401)
  const { secret } = await ask(bridge.ready.url, admin, 'token.add', {
    name: 'one camera',
    role: 'viewer',
    scope: { devices: ['slide'] },
  })
  const bound = await fetch(bridge.ready.url + path, { headers: { authorization: `Bearer ${secret}` } })
  expect(bound.status).toBe(403)
})
