import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { listen } from '../support/instrument.ts'
import { Client } from '../support/socket.ts'

let instrument: Awaited<ReturnType<typeof listen>>
let bridge: Awaited<ReturnType<typeof startBridge>>

/** A lamp that nothing can be read back of, not even errors. */
const lamp = { driver: 'instrument.scpi', errors: 'none', safe: ['LAMP OFF', 'SHUT'] }

beforeAll(async () => {
  instrument = await listen((line, socket) => {
    if (line === '*IDN?') socket.write('Acme,Lamp,1,2\n')
  })
  const resource = `TCPIP::127.0.0.1::${instrument.port}::SOCKET`
  bridge = await startBridge(await writeBench({ devices: { lamp: { ...lamp, resource } } }))
}, 40_000)

afterAll(async () => {
  await bridge.end()
  await instrument[Symbol.asyncDispose]()
})

it('is sent, not confirmed, where nothing proves it; and is reset once somebody has looked, which is in the audit', async () => {
  using operator = await Client.operate(bridge.ready.url)
  const topic = async (name: string): Promise<Record<string, unknown>> =>
    (await operator.call('topic.read', { topic: name })).snapshot
  await expect
    .poll(async () => (await topic('instrument/lamp'))['lifecycle'])
    .toMatchObject({ phase: 'ready' })
  await operator.call('estop.press', { why: 'a test' })
  const stop = async (): Promise<unknown> => (await topic('control'))['stop']
  await expect.poll(stop).toMatchObject({ latched: true, devices: { lamp: { state: 'unproven' } } })
  expect(instrument.lines.slice(-2)).toEqual(['LAMP OFF', 'SHUT'])
  await expect(operator.call('estop.reset', {})).rejects.toMatchObject({
    code: 'estop.latched',
    message: expect.stringMatching(/lamp \(nothing of this device can prove it: look at it\)/),
  })
  await expect(operator.call('estop.reset', { checked: ['other'] })).rejects.toMatchObject({
    code: 'estop.latched',
  })
  await operator.call('estop.reset', { checked: ['lamp'] })
  expect(await stop()).toMatchObject({ latched: false })
  const told = await operator.call('audit.read', { action: 'estop.reset' })
  expect(told[0]).toMatchObject({ who: 'local', outcome: 'ok', input: '{"checked":["lamp"]}' })
  expect(told[1]).toMatchObject({ outcome: 'estop.latched' })
})
