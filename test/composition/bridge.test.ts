import { expect, it } from 'vitest'
import type { Lifecycle } from '../../shared/wire/device.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { childrenOf } from '../support/children.ts'
import { Client } from '../support/socket.ts'

const camera = { driver: 'camera.sim', width: 320, height: 240 }

async function lifecycle(client: Client, topic: string): Promise<Lifecycle> {
  const { snapshot } = await client.call('topic.read', { topic })
  return snapshot['lifecycle'] as Lifecycle
}

it('closes within 3 s of SIGTERM and leaves no child behind', { timeout: 30_000 }, async () => {
  await using instrument = await startCtp10()
  const dut = { driver: 'instrument.exfo-ctp10', resource: instrument.ready.resource }
  await using bridge = await startBridge(
    await writeBench({ devices: { camera, dut }, simulators: [{ program: 'ctp10', args: ['--port', '0'] }] }),
  )
  const kinds = async (): Promise<(string | undefined)[]> =>
    (await childrenOf(bridge.pid)).map(
      ({ command }) => /mediasoup-worker|camera\/process\/host|simulators\/ctp10/.exec(command)?.[0],
    )
  await expect
    .poll(kinds)
    .toEqual(expect.arrayContaining(['mediasoup-worker', 'camera/process/host', 'simulators/ctp10']))
  const children = await childrenOf(bridge.pid)
  expect(await bridge.end('SIGTERM')).toBeLessThan(3000)
  expect(bridge.child.exitCode).toBe(0)
  const alive = children.filter(({ pid }) => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  })
  expect(alive).toEqual([])
})

it(
  'starts all the same when a device does not open, says why, and opens it when it can',
  { timeout: 30_000 },
  async () => {
    const first = await startCtp10()
    const { port, resource } = first.ready
    await first.end()
    await using bridge = await startBridge(
      await writeBench({ devices: { dut: { driver: 'instrument.exfo-ctp10', resource } } }),
    )
    using client = await Client.connect(bridge.ready.url)
    await expect
      .poll(() => lifecycle(client, 'instrument/dut'))
      .toMatchObject({
        phase: 'faulted',
        reason: expect.stringContaining('ECONNREFUSED'),
        retryAt: expect.any(Number),
      })
    await expect(client.call('sweep.abort', { device: 'dut' })).rejects.toMatchObject({
      code: 'device.faulted',
    })
    await using second = await startCtp10([], port)
    expect(second.running).toBe(true)
    await expect
      .poll(() => lifecycle(client, 'instrument/dut'), { timeout: 15_000 })
      .toMatchObject({ phase: 'ready' })
  },
)

it('answers /health in under 50 ms while an instrument is silent', { timeout: 30_000 }, async () => {
  await using instrument = await startCtp10()
  const dut = { driver: 'instrument.exfo-ctp10', resource: instrument.ready.resource }
  await using bridge = await startBridge(await writeBench({ devices: { dut } }))
  using client = await Client.connect(bridge.ready.url)
  await expect.poll(() => lifecycle(client, 'instrument/dut')).toMatchObject({ phase: 'ready' })
  instrument.child.kill('SIGSTOP')
  try {
    // What waits for the instrument waits each time; what waits for this machine does not.
    const times: number[] = []
    for (let n = 0; n < 10; n++) {
      const begun = performance.now()
      const answer = await fetch(`${bridge.ready.url}/health`)
      times.push(performance.now() - begun)
      expect(await answer.json()).toMatchObject({ status: 'ok', devices: { dut: expect.any(String) } })
    }
    expect(Math.min(...times)).toBeLessThan(50)
  } finally {
    instrument.child.kill('SIGCONT')
  }
})

it(
  'offers over REST what it offers over the socket, with statuses that say what went wrong',
  { timeout: 30_000 },
  async () => {
    await using bridge = await startBridge(await writeBench({ devices: {} }))
    const post = async (name: string, body: string): Promise<[number, unknown]> => {
      const answer = await fetch(`${bridge.ready.url}/api/commands/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      return [answer.status, await answer.json()]
    }
    expect(await post('trace.list', '{}')).toEqual([200, { ok: true, value: [] }])
    expect(await post('trace.list', '{"limit":0}')).toMatchObject([400, { error: { code: 'input.invalid' } }])
    expect(await post('trace.list', '{"limit"')).toMatchObject([400, { error: { code: 'input.invalid' } }])
    expect(await post('sweep.abort', '{"device":"none"}')).toMatchObject([
      404,
      { error: { code: 'device.unknown' } },
    ])
    expect(await post('camera.join', '{"camera":"none"}')).toMatchObject([
      400,
      { error: { code: 'input.invalid' } },
    ])
    const outside = await fetch(`${bridge.ready.url}/api/traces/..%2f..%2fpackage.npy`)
    expect(outside.status).toBe(404)
    const description = (await (await fetch(`${bridge.ready.url}/api/openapi.json`)).json()) as {
      paths: object
    }
    expect(Object.keys(description.paths)).toContain('/api/commands/sweep.start')
  },
)
