import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { startCtp10 } from '../support/bench-process.ts'
import { call, openCtp10, type OpenCtp10 } from './ctp10-rig.ts'

/** What the simulator itself answers, once no driver is connected any more. */
async function lookAt(port: number, query: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(`${query}\n`)
    const [line] = (await once(createInterface(socket), 'line')) as [string]
    return line
  } finally {
    socket.destroy()
  }
}

const EMISSION = ':CTP:RLAS1:POW:STAT?;:CTP:RLAS2:POW:STAT?;:CTP:RLAS3:POW:STAT?'

/** Which lasers emit, asked of the simulator. */
async function emitting({ device, state }: OpenCtp10): Promise<string[]> {
  await call(device, 'ctp.read', {})
  const { lasers = {} } = state().ctp10 ?? {}
  return Object.keys(lasers).filter((laser) => lasers[laser]?.on)
}

it('has all light off once it is open, on stop, when nobody answers for it, and once it is closed', async () => {
  await using instrument = await startCtp10(['--speed-up', '20'])
  expect(await lookAt(instrument.ready.port, EMISSION)).toBe('1;1;1')
  const open = await openCtp10(instrument.ready.resource)
  const { device, state } = open
  expect(await emitting(open)).toEqual([])

  await call(device, 'ctp.laserOn', { laser: 1 })
  await call(device, 'ctp.laserOn', { laser: 3 })
  expect(await emitting(open)).toEqual(['1', '3'])
  await device.stop()
  expect(await emitting(open)).toEqual([])

  await call(device, 'ctp.laserOn', { laser: 2 })
  expect(await emitting(open)).toEqual(['2'])
  device.endEmission?.()
  await expect.poll(() => state().ctp10?.lasers[2]?.on).toBe(false)
  expect(await emitting(open)).toEqual([])

  await call(device, 'ctp.laserOn', { laser: 2 })
  await device[Symbol.asyncDispose]()
  expect(await lookAt(instrument.ready.port, EMISSION)).toBe('0;0;0')
})

it('ends a sweep, and the light of its lasers, when nobody answers for them', async () => {
  await using instrument = await startCtp10()
  const open = await openCtp10(instrument.ready.resource)
  const { device, state } = open
  await call(device, 'ctp.setSweep', { stabilisation: { keepOn: true, seconds: 0 } })
  await call(device, 'ctp.runSweep', {})
  await expect.poll(() => state().condition?.active).toEqual(['scanning'])
  expect(await emitting(open)).toEqual(['1'])
  device.endEmission?.()
  await expect.poll(() => state().sweep?.phase).toBe('aborted')
  expect(await emitting(open)).toEqual([])
})

it('sweeps with two TLS, one after the other, as the instrument took them', async () => {
  await using instrument = await startCtp10(['--speed-up', '100'])
  const { device, state } = await openCtp10(instrument.ready.resource)
  const taken = await call(device, 'ctp.setSweep', {
    samplingPm: 10,
    stabilisation: { keepOn: false, seconds: 0 },
    tls: [
      { tls: 2, identifier: 3, startNm: 1560, stopNm: 1570, speedNmPerS: 200, powerDbm: 5 },
      { tls: 1, identifier: 1, startNm: 1550, stopNm: 1560, speedNmPerS: 20 },
    ],
  })
  expect(taken).toMatchObject({
    ...{ startNm: 1550, stopNm: 1570, samplingPm: 10 },
    tls: {
      1: { identifier: 1, startNm: 1550, stopNm: 1560, speedNmPerS: 20 },
      2: { identifier: 3, startNm: 1560, stopNm: 1570, speedNmPerS: 200, powerDbm: 5 },
    },
  })
  await call(device, 'ctp.runSweep', {})
  expect(state().sweep?.phase).toBe('running')
  await expect.poll(() => state().sweep?.phase, { timeout: 5000 }).toBe('done')
  expect(await call(device, 'ctp.traceInfo', { channel: 1, type: 11 })).toEqual({
    ...{ points: 2001, startNm: 1550, samplingPm: 10 },
  })
  expect(await call(device, 'ctp.traceInfo', { channel: 1, type: 2 })).toMatchObject({ points: 0 })
  const kept = await call(device, 'ctp.readTrace', { module: 2, channel: 3, type: 12 })
  expect(kept).toMatchObject({ points: 2001, label: 'raw reference, module 2', unit: 'dBm' })
  // A T100S-HP does not sweep at 200 nm/s: the instrument says so.
  const wrong = call(device, 'ctp.setSweep', { tls: [{ tls: 1, speedNmPerS: 200 }] })
  await expect(wrong).rejects.toMatchObject({ message: expect.stringContaining('-224') })
})

it('takes references of both kinds, and keeps sweeps off meanwhile', async () => {
  await using instrument = await startCtp10(['--speed-up', '10'])
  const { device, state } = await openCtp10(instrument.ready.resource)
  await call(device, 'ctp.takeReference', { channel: 2 })
  expect(state().condition?.active).toEqual(['referencing'])
  await expect(call(device, 'ctp.runSweep', {})).rejects.toMatchObject({ code: 'device.busy' })
  await expect.poll(() => state().ctp10?.referencing?.phase, { timeout: 5000 }).toBe('done')
  expect(state().ctp10?.modules[4]?.detectors[2]?.reference).toEqual({
    kind: 'TF',
    date: expect.stringMatching(/^\d{8}$/),
    time: expect.stringMatching(/^\d{6}$/),
  })
  await call(device, 'ctp.takeReference', { channel: 1, quick: true })
  expect(state().condition?.active).toEqual(['quick reference'])
  await expect.poll(() => state().ctp10?.referencing?.phase, { timeout: 5000 }).toBe('done')
  await call(device, 'ctp.takeReference', { channel: 1 })
  await call(device, 'sweep.abort', {})
  await expect.poll(() => state().ctp10?.referencing?.phase).toBe('aborted')
})

it('reads each module at its own rate', { timeout: 20_000 }, async () => {
  await using instrument = await startCtp10()
  const { rows, state } = await openCtp10(instrument.ready.resource, {
    powersPerSecond: 5,
    moreModules: [{ module: 2, powersPerSecond: 100 }, { module: 3 }],
  })
  // Two seconds of the slowest.
  await expect.poll(() => rows.get('power/ctp10')?.length ?? 0, { timeout: 10_000 }).toBeGreaterThan(10)
  const perSecond = (stream: string): number => {
    const all = rows.get(stream) ?? []
    return ((all.length - 1) * 1000) / (all.at(-1)!.time - all[0]!.time)
  }
  expect(perSecond('power/ctp10')).toBeCloseTo(5, 0)
  expect(perSecond('power/ctp10/3')).toBeCloseTo(10, 0)
  expect(perSecond('power/ctp10/2')).toBeGreaterThan(30)
  expect(state().ctp10?.modules[2]).toMatchObject({ stream: 'power/ctp10/2', ratePerS: 100 })
})

it('gives a download up when told to, says meanwhile why powers stand still, and goes on', async () => {
  await using instrument = await startCtp10(['--swept', '--rate', '200kB/s'])
  const { device, state, rows } = await openCtp10(instrument.ready.resource)
  const read = call(device, 'ctp.readTrace', { channel: 1 })
  await expect.poll(() => state().power?.heldBy).toBe('a trace download')
  expect(state().ctp10?.modules[4]?.heldBy).toBe('a trace download')
  await expect.poll(() => state().download?.of).toBe(376_004)
  await call(device, 'ctp.cancelTraces', {})
  await expect(read).rejects.toMatchObject({ code: 'aborted' })
  expect(state().download).toBeUndefined()
  const before = rows.get('power/ctp10')?.length ?? 0
  await expect.poll(() => rows.get('power/ctp10')?.length, { timeout: 5000 }).toBeGreaterThan(before + 3)
  expect(state().power?.heldBy).toBeUndefined()
})

it('lights nothing that was asked for before somebody went, and waited for its turn', async () => {
  await using instrument = await startCtp10(['--swept', '--rate', '200kB/s'])
  const open = await openCtp10(instrument.ready.resource)
  const { device, state } = open
  const read = call(device, 'ctp.readTrace', { channel: 1 })
  await expect.poll(() => state().download?.of).toBe(376_004)
  const on = [1, 2].map((laser) => call(device, 'ctp.laserOn', { laser }))
  const sweep = call(device, 'ctp.runSweep', {})
  const all = Promise.allSettled([read, ...on, sweep])
  device.endEmission?.()
  await call(device, 'ctp.cancelTraces', {})
  for (const asked of await all) expect(asked).toMatchObject({ reason: { code: 'aborted' } })
  expect(await emitting(open)).toEqual([])
  expect(state().sweep?.phase).toBe('idle')
})

it('answers for the lasers that a sweep leaves on', async () => {
  await using instrument = await startCtp10(['--speed-up', '100'])
  const open = await openCtp10(instrument.ready.resource)
  const { device, state } = open
  await call(device, 'ctp.setSweep', {
    ...{ startNm: 1550, stopNm: 1551, stabilisation: { keepOn: true, seconds: 0 } },
  })
  await call(device, 'ctp.runSweep', {})
  await expect.poll(() => state().ctp10?.lasers[1]?.on, { timeout: 5000 }).toBe(true)
  expect(state().sweep?.phase).toBe('done')
  device.endEmission?.()
  await expect.poll(() => state().ctp10?.lasers[1]?.on).toBe(false)
  expect(await emitting(open)).toEqual([])
})

it('has a stop proven though a trace is on its way, which is given up for it', async () => {
  await using instrument = await startCtp10(['--swept'])
  await lookAt(instrument.ready.port, ':SIM:RATE 20000;*OPC?')
  const { device, state } = await openCtp10(instrument.ready.resource)
  await call(device, 'ctp.laserOn', { laser: 1 })
  const read = call(device, 'ctp.readTrace', { channel: 1 }).catch((error: unknown) => error)
  await expect.poll(() => state().download).toBeDefined()
  expect(await device.stop()).toBe('proven')
  expect(state().ctp10?.lasers['1']?.on).toBe(false)
  expect(await read).toMatchObject({ code: 'aborted' })
})
