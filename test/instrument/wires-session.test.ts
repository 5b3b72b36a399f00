import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { Session } from '../../bridge/instrument/scpi/session.ts'
import { openResource, wireOptions } from '../../bridge/transport/resource.ts'
import { Program } from '../support/process.ts'

const port =
  (name: string) =>
  (line: string): number | undefined => {
    const found = new RegExp(`"${name}":(\\d+)`).exec(line)?.[1]
    return found === undefined ? undefined : Number(found)
  }
const hislip = { file: 'hislip', args: ['--port', '0'], ready: port('port') }
const wires = [
  {
    name: 'a socket',
    sim: { file: 'ctp10', args: ['--port', '0'], ready: port('port') },
    resource: (at: number) => `TCPIP::127.0.0.1::${at}::SOCKET`,
    options: () => ({}),
    interrupts: false,
  },
  {
    name: 'HiSLIP in synchronized mode',
    sim: hislip,
    resource: (at: number) => `TCPIP::127.0.0.1::hislip0,${at}::INSTR`,
    options: () => ({ hislip: { mode: 'synchronized' } }),
    interrupts: true,
  },
  {
    name: 'HiSLIP in overlap mode',
    sim: hislip,
    resource: (at: number) => `TCPIP::127.0.0.1::hislip0,${at}::INSTR`,
    options: () => ({ hislip: { mode: 'overlap' } }),
    interrupts: false,
  },
  {
    name: 'VXI-11',
    sim: { file: 'vxi11', args: ['--portmapper', '0'], ready: port('core') },
    resource: () => 'TCPIP::127.0.0.1::inst0::INSTR',
    options: (at: number) => ({ vxi11: { corePort: at } }),
    interrupts: true,
  },
]
const trace = ':TRAC:SENS4:CHAN1:TYPE1:DATA? BIN,DB'

describe.each(wires)('a session over $name', ({ sim, resource, options, interrupts }) => {
  let simulator: Program<number>
  let session: Session
  const lost: Error[] = []
  beforeAll(async () => {
    simulator = await Program.start(`simulators/${sim.file}/main.ts`, [...sim.args, '--swept'], sim.ready)
    session = await Session.open({
      device: 'dut',
      open: openResource(resource(simulator.ready), wireOptions.parse(options(simulator.ready))),
      signal: new AbortController().signal,
      lost: (error) => lost.push(error),
    })
  })
  afterAll(async () => {
    session[Symbol.dispose]()
    await simulator.end()
  })

  it('asks many questions one after the other', async () => {
    for (let i = 0; i < 100; i++)
      expect(await session.query(i % 2 ? '*OPC?' : '*ESE?')).toBe(i % 2 ? '1' : '0')
  })

  it('reads a block into the buffer it is given, and asks on', async () => {
    const into = new Uint8Array(376_004)
    const block = await session.run('bulk', (wire) => wire.block(trace, { into: () => into }))
    expect(block.buffer).toBe(into.buffer)
    expect(new DataView(block.buffer).getFloat32(0)).toBeLessThan(0)
    expect(await session.query('*OPC?')).toBe('1')
  })

  it('never takes a late answer for the next question’s', async () => {
    const late = session.run('control', (wire) => {
      wire.write(':SIM:FAUL:LATE 0.7')
      return wire.query('*IDN?', { deadlineMs: 50 })
    })
    await expect(late).rejects.toMatchObject({ code: 'device.timeout' })
    expect(await session.query('*OPC?')).toBe('1')
    await sleep(750)
    expect(await session.query('*ESE?')).toBe('0')
    expect(lost).toEqual([])
  })

  it('refuses a block that is announced far too long, and asks on', async () => {
    const block = session.run('bulk', (wire) => {
      wire.write(':SIM:FAUL:LENG')
      return wire.block(trace, { into: (bytes) => new Uint8Array(bytes) })
    })
    await expect(block).rejects.toMatchObject({ code: 'scpi.block' })
    expect(await session.query('*OPC?')).toBe('1')
    expect(lost).toEqual([])
  })

  it('aborts while an answer is owed', async () => {
    const owed = session
      .run('bulk', (wire) => {
        wire.write(':SIM:FAUL:LATE 0.3')
        return wire.query('*IDN?')
      })
      .catch((error: unknown) => error)
    await sleep(30)
    const begun = performance.now()
    session.abort([':ABOR'])
    if (interrupts) {
      expect(await owed).toMatchObject({ code: 'aborted' })
      expect(performance.now() - begun).toBeLessThan(150)
    } else expect(await owed).toMatch(/^EXFO/)
    expect(await session.query('*OPC?')).toBe('1')
  })
})
