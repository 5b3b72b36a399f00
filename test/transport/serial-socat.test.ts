import { describe, expect, it } from 'vitest'
import { Session } from '../../bridge/instrument/scpi/session.ts'
import { openResource } from '../../bridge/transport/resource.ts'
import { startCtp10 } from '../support/bench-process.ts'
import { SerialToTcp } from '../support/socat.ts'
import { runVisaScript } from '../support/visa.ts'

const IDENTITY = 'EXFO,CTP10,SIM000001,1.5.0'
const BLOCK = ':TRAC:SENS4:CHAN1:TYPE1:DATA? BIN,DB'
const BLOCK_BYTES = 376_004

/** A simulator at the other end of a serial line. */
async function startSerial(): Promise<AsyncDisposable & { path: string; end(): Promise<void> }> {
  await using stack = new AsyncDisposableStack()
  const instrument = stack.use(await startCtp10(['--swept']))
  const line = stack.use(await SerialToTcp.open(instrument.ready.port))
  const all = stack.move()
  return { path: line.path, end: () => line.end(), [Symbol.asyncDispose]: () => all.disposeAsync() }
}

async function openSession(path: string): Promise<{ session: Session; lost: Error[] } & Disposable> {
  const lost: Error[] = []
  const session = await Session.open({
    device: 'dut',
    open: openResource(`ASRL${path}::INSTR`),
    signal: new AbortController().signal,
    lost: (error) => lost.push(error),
  })
  return { session, lost, [Symbol.dispose]: () => session[Symbol.dispose]() }
}

describe('a serial line that socat makes, with a simulator at its end', { timeout: 60_000 }, () => {
  it('carries questions, and a long block byte for byte', async () => {
    await using serial = await startSerial()
    using dut = await openSession(serial.path)
    for (let n = 0; n < 50; n++)
      expect(await dut.session.query(n % 2 ? '*OPC?' : '*IDN?')).toBe(n % 2 ? '1' : IDENTITY)
    const read = (): Promise<Uint8Array> =>
      dut.session.run('bulk', (wire) => wire.block(BLOCK, { into: (bytes) => new Uint8Array(bytes) }))
    const block = await read()
    expect(block).toHaveLength(BLOCK_BYTES)
    expect(new DataView(block.buffer).getFloat32(0)).toBeLessThan(0)
    // Every value of a byte is in it, so one that a terminal would take for a control character as well.
    expect(new Set(block).size).toBe(256)
    expect(Buffer.from(await read()).equals(block)).toBe(true)
    expect(dut.lost).toEqual([])
  })

  it('recovers from a question that is never answered, and from one that is answered late', async () => {
    await using serial = await startSerial()
    using dut = await openSession(serial.path)
    for (const fault of [':SIM:FAUL:SIL', ':SIM:FAUL:LATE 0.3']) {
      const asked = dut.session.run('control', (wire) => {
        wire.write(fault)
        return wire.query('*IDN?', { deadlineMs: 100 })
      })
      await expect(asked).rejects.toMatchObject({ code: 'device.timeout' })
      expect(await dut.session.query('*OPC?')).toBe('1')
      expect(await dut.session.query('*IDN?')).toBe(IDENTITY)
    }
    expect(dut.lost).toEqual([])
  })

  it('is lost, with the port that it was, when the line breaks', async () => {
    await using serial = await startSerial()
    using dut = await openSession(serial.path)
    await serial.end()
    await expect
      .poll(() => dut.lost, { timeout: 10_000 })
      .toMatchObject([{ code: 'connection.lost', message: expect.stringContaining(serial.path) }])
  })

  it('serves PyVISA and pySerial as well', async () => {
    await using serial = await startSerial()
    const said = await runVisaScript(`ASRL${serial.path}::INSTR`, 20, 1, BLOCK)
    expect(said).toMatchObject({ identity: IDENTITY, points: 94_001 })
    expect(said.first).toBeLessThan(0)
  })
})
