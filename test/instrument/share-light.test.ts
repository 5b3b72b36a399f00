import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mayLightCtp10 } from '../../bridge/instrument/ctp10/dark.ts'
import { lightOf } from '../../bridge/instrument/declared/dark.ts'
import { entriesOf } from '../../bridge/instrument/declared/entries.ts'
import { shippedDeclaration } from '../../bridge/instrument/declared/shipped.ts'
import type { InstrumentState } from '../../shared/instrument/instrument.ts'
import { startBridge, startCtp10, startLaser, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import { Script } from './share-rig.ts'

describe('a CTP10 stays dark', () => {
  it.each([
    '*IDN?',
    ':CTP:SENS4:CHAN1:POW?',
    ':abort',
    ':CTP:RLASer1:POWer:STATe OFF',
    ':ctp:rlas10:pow:stat 0',
    ':CTP:RLAS1:POW 3DBM',
    ':CTP:SENS4:CHAN1:UNIT:Y MW;:CTP:SENS4:CHAN2:UNIT:Y MW;*OPC?',
    ':INIT:TLS1:WAV:STAR 1530NM',
  ])('after %s', (message) => expect(mayLightCtp10(message)).toBe(false))

  it.each([
    ':INIT',
    'init:imm',
    ':INITiate:IMMediate;*OPC?',
    ':CTP:RLAS1:POW:STAT ON',
    ':CTP:RLAS1:POW:STAT 1',
    ':CTP:RLAS1:POW:STAT "OFF"',
    ':CTP:RLAS1:POW:STAT OFF,ON',
    ':CTP:RLAS1:POW:STAT OFF;STAT ON',
    ':CTP:RLAS1:POW 3DBM;POW:STAT ON',
    ':CTP:SENS4:CHAN1:POW?;:INIT',
    ':REF:SENS4:CHAN1:INIT',
    ':INIT:STAB 1,5',
    '*RST',
    '*TRG',
    ':SOMETHING:NEW 1',
    ':ABOR\x00;:INIT',
    'FOO "a;:INIT"',
  ])('not for certain after %j', (message) => expect(mayLightCtp10(message)).toBe(true))
})

describe('a declared instrument', () => {
  const mayLight = lightOf(entriesOf(shippedDeclaration('lightbench-test-laser')))

  it.each([':OUTP OFF', ':SOUR:WAV 1.55E-6', '*RST', ':READ:POW?', ':OUTP?', ':outp off;:SOUR:POW 3'])(
    'that emits stays dark after %s',
    (message) => expect(mayLight?.(message)).toBe(false),
  )
  it.each([':OUTP ON', ':OUTP 1', ':OUTPut:STATe ON', ':OUTP OFF;:OUTP ON', ':SOUR:WAV 1;OUTP ON', '*RCL 1'])(
    'that emits may shine after %s',
    (message) => expect(mayLight?.(message)).toBe(true),
  )
  it('that emits nothing has no light to be refused', () => {
    expect(lightOf(entriesOf(shippedDeclaration('rigol-dp832')))).toBeUndefined()
  })
})

describe('on the wire', () => {
  /** The address of the one that may switch light on; whoever else is on this machine may only act. */
  const NIGHT = '127.0.0.2'
  let laser: Awaited<ReturnType<typeof startLaser>>
  let ctp10: Awaited<ReturnType<typeof startCtp10>>
  let bridge: Awaited<ReturnType<typeof startBridge>>
  let watcher: Client
  const ports: Record<string, number> = {}

  beforeAll(async () => {
    laser = await startLaser()
    ctp10 = await startCtp10()
    const clients = [{ name: 'night run', address: NIGHT, mayEmit: true }]
    const share = { port: 0, clients }
    const source = { driver: 'instrument.scpi', model: 'lightbench-test-laser', ...laser.ready, share }
    const dut = { driver: 'instrument.exfo-ctp10', resource: ctp10.ready.resource, share }
    bridge = await startBridge(await writeBench({ devices: { source, dut } }))
    watcher = await Client.connect(bridge.ready.url)
    for (const device of ['source', 'dut']) {
      while (!(await topic(`line/${device}`))['open']) await sleep(50)
      ports[device] = ((await topic(`line/${device}`))['share'] as { port: number }).port
    }
    while (!(await state('dut')).ctp10?.lasers['3']) await sleep(50)
  }, 40_000)

  afterAll(async () => {
    watcher[Symbol.dispose]()
    await bridge.end()
    await Promise.all([laser.end(), ctp10.end()])
  })

  const topic = async (name: string): Promise<Record<string, unknown>> =>
    (await watcher.call('topic.read', { topic: name })).snapshot
  const state = async (device: string): Promise<InstrumentState> =>
    (await topic(`instrument/${device}`)) as unknown as InstrumentState
  const night = (device: string): Promise<Script> => Script.connect(ports[device]!, NIGHT)
  /** What the laser says that its light has done. */
  const emissions = (): boolean[] =>
    laser.output
      .filter((line) => line.startsWith('{"emission"'))
      .map((line) => (JSON.parse(line) as { emission: boolean }).emission)

  it('refuses light to a program that bench.yaml does not let emit, though nobody holds the lease', async () => {
    using script = await Script.connect(ports['source']!)
    const before = emissions().length
    script.write(':SOUR:POW 1')
    script.write(':OUTP ON')
    expect(await script.ask(':SYST:ERR?')).toMatch(/^-203,.*:OUTP ON may switch light on.*mayEmit/)
    expect(await script.ask(':OUTP?')).toBe('0')
    expect(Number(await script.ask(':SOUR:POW?'))).toBe(1)
    expect(emissions()).toHaveLength(before)
  })

  it.each([
    ['closes its connection', (script: Script) => void script.socket.end()],
    ['is killed', (script: Script) => void script.socket.resetAndDestroy()],
  ])('lets the one that may switch light on, and ends it when it %s', async (_, leave) => {
    const script = await night('source')
    const before = emissions().length
    script.write(':OUTP ON')
    expect(await script.ask(':OUTP?')).toBe('1')
    await expect.poll(() => emissions().slice(before)).toEqual([true])
    leave(script)
    await expect.poll(() => emissions().slice(before)).toEqual([true, false])
    const left = async (): Promise<object | undefined> =>
      (await watcher.call('audit.read', { action: 'connection.lost' }))[0]
    await expect.poll(left).toMatchObject({ who: expect.stringMatching(/^night run/), device: 'source' })
  })

  it('leaves the light alone of whoever else is there when one leaves that has switched none on', async () => {
    using script = await night('source')
    script.write(':OUTP ON')
    expect(await script.ask(':OUTP?')).toBe('1')
    {
      using other = await night('source')
      expect(await other.ask('*IDN?')).toMatch(/TestLaser/)
      other.write(':SOUR:POW 2')
      expect(Number(await other.ask(':SOUR:POW?'))).toBe(2)
    }
    await expect
      .poll(async () => Object.keys((await topic('line/source'))['clients'] as object).length)
      .toBe(1)
    expect(await script.ask(':OUTP?')).toBe('1')
  })

  it('ends it with the emergency stop, and lights nothing until that is reset', async () => {
    using script = await night('source')
    script.write(':OUTP ON')
    expect(await script.ask(':OUTP?')).toBe('1')
    await watcher.call('estop.press', {})
    await expect.poll(() => emissions().at(-1)).toBe(false)
    const before = emissions().length
    script.write(':OUTP ON')
    expect(await script.ask(':SYST:ERR?')).toMatch(/^-203/)
    expect(await script.ask(':OUTP?')).toBe('0')
    using operator = await Client.operate(bridge.ready.url)
    const reset = (): Promise<boolean> =>
      operator.call('estop.reset', {}).then(
        () => true,
        () => false,
      )
    await expect.poll(reset).toBe(true)
    await operator.call('lease.release', {})
    expect(emissions()).toHaveLength(before)
  })

  it('shows a laser of a CTP10 that a program has lit, and has it off once the program is gone', async () => {
    const script = await night('dut')
    script.write(':CTP:RLAS2:POW:STAT ON')
    expect(await script.ask(':CTP:RLAS2:POW:STAT?')).toBe('1')
    await expect.poll(async () => (await state('dut')).ctp10?.lasers['2']?.on).toBe(true)
    script[Symbol.dispose]()
    using other = await Script.connect(ports['dut']!)
    await expect.poll(() => other.ask(':CTP:RLAS2:POW:STAT?')).toBe('0')
    await expect.poll(async () => (await state('dut')).ctp10?.lasers['2']?.on).toBe(false)
  })

  it('aborts the sweep of a program that goes right after it has started it', async () => {
    const script = await night('dut')
    script.write(':INIT:TLS1:SPE 5')
    script.write(':INIT')
    expect(await script.ask('*IDN?')).toMatch(/CTP10/)
    script[Symbol.dispose]()
    using other = await Script.connect(ports['dut']!)
    await expect.poll(() => other.ask(':STAT:OPER:COND?'), { timeout: 5000 }).toBe('0')
    expect(await other.ask(':SYST:ERR?')).toMatch(/^0/)
  })

  it('lets the console switch light on with a heartbeat alone', async () => {
    using operator = await Client.operate(bridge.ready.url)
    const before = emissions().length
    const send = (text: string): Promise<unknown> => operator.call('console.send', { device: 'source', text })
    await send(':SOUR:POW 3')
    await expect(send(':SOUR:POW 3\n:OUTP ON')).rejects.toMatchObject({ code: 'heartbeat.lost' })
    expect(emissions()).toHaveLength(before)
    await operator.call('lease.beat', { active: true })
    await send(':OUTP ON')
    await expect.poll(() => emissions().slice(before)).toEqual([true, false])
  })
})
