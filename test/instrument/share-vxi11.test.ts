import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { Session } from '../../bridge/instrument/scpi/session.ts'
import { openResource, wireOptions } from '../../bridge/transport/resource.ts'
import type { OpenTransport, Transport } from '../../bridge/transport/transport.ts'
import { Collector } from '../support/receiver.ts'
import { echo, Script, share, type Shared } from './share-rig.ts'

const never = new AbortController().signal
const VXI11 = { portmapperPort: 0 }

function vxi11(shared: Shared, device = 'inst0'): OpenTransport {
  const { portmapperPort } = shared.port.address
  return openResource(`TCPIP::127.0.0.1::${device}::INSTR`, wireOptions.parse({ vxi11: { portmapperPort } }))
}

async function open(shared: Shared): Promise<Transport & Disposable & { heard: Collector }> {
  const heard = new Collector()
  const transport = await vxi11(shared)(heard, never)
  return Object.assign(transport, { heard, [Symbol.dispose]: () => transport.close() })
}

function openSession(shared: Shared): Promise<Session> {
  return Session.open({ device: 'remote', open: vxi11(shared), signal: never, lost: () => {} })
}

describe('a VXI-11 client of a shared instrument', () => {
  it('asks and commands like one on the instrument itself, beside a raw one', async () => {
    await using shared = await share(echo(), VXI11)
    using session = await openSession(shared)
    using script = await Script.connect(shared.raw)
    for (let n = 0; n < 50; n++) {
      const [ours, theirs] = await Promise.all([session.query(`V${n}?`), script.ask(`R${n}?`)])
      expect([ours, theirs]).toEqual([`V${n}`, `R${n}`])
    }
    await session.run('control', async (wire) => wire.write('INIT:IMM'))
    expect(await session.query('*OPC?')).toBe('*OPC')
    expect(shared.lines).toContain('INIT:IMM')
  })

  it('reads a block of many replies into its own buffer, byte for byte', async () => {
    const block = Buffer.alloc(2_000_000)
    for (let i = 0; i < block.length; i++) block[i] = (i * 11) & 255
    const whole = Buffer.concat([Buffer.from('#72000000'), block, Buffer.from('\r\n')])
    await using shared = await share((line, socket) => socket.write(line === 'CURV?' ? whole : '1\n'), VXI11)
    using session = await openSession(shared)
    const read = await session.run('bulk', (wire) =>
      wire.block('CURV?', { into: (bytes) => new Uint8Array(bytes) }),
    )
    expect(block.equals(read)).toBe(true)
    expect(await session.query('*OPC?')).toBe('1')
  })

  it('aborts its own read and clears what it has asked, and nothing of anybody else', async () => {
    await using shared = await share(
      echo((line) => (line === 'SLOW?' ? 100 : 0)),
      VXI11,
    )
    using dut = await open(shared)
    using script = await Script.connect(shared.raw)
    dut.write('SLOW?\n')
    dut.expectAnswer?.()
    await expect.poll(() => shared.lines).toEqual(['SLOW?'])
    script.write('OTHER?')
    await dut.clear?.(never)
    dut.write('NEXT?\n')
    dut.expectAnswer?.()
    expect((await dut.heard.answer()).trim()).toBe('NEXT')
    expect(await script.line()).toBe('OTHER')
  })

  it('reads in the status byte that an answer waits, and that it was refused something', async () => {
    await using shared = await share(
      (line, socket) => line.endsWith('?') && socket.write(line === '*STB?' ? '32\n' : 'x\n'),
      VXI11,
    )
    using dut = await open(shared)
    expect(await dut.bus?.readStatusByte(never)).toBe(32)
    dut.write('A?\n')
    await expect.poll(() => dut.bus?.readStatusByte(never)).toBe(32 + 16)
    dut.expectAnswer?.()
    expect(await dut.heard.answer()).toBe('x')
    shared.hold(new BenchError('lease.held', 'ada holds the lease'))
    dut.write('*RST\n')
    await expect.poll(() => dut.bus?.readStatusByte(never)).toBe(32 + 4)
    expect(shared.lines).not.toContain('*RST')
  })

  it('hears that the next message has voided an answer that it did not read', async () => {
    await using shared = await share(echo(), VXI11)
    using dut = await open(shared)
    dut.write('A?\n')
    await expect.poll(() => dut.bus?.readStatusByte(never)).toBe(16)
    dut.write('SYST:ERR?\n')
    dut.expectAnswer?.()
    expect(await dut.heard.answer()).toMatch(/^-410,"Query INTERRUPTED"/)
  })

  it('has the lock that VXI-11 has: exclusive, waited for, and over with its link', async () => {
    await using shared = await share(echo(), VXI11)
    using first = await open(shared)
    using second = await open(shared)
    using script = await Script.connect(shared.raw)
    await first.bus?.lock(0, never)
    const locked = { code: 'device.busy', message: expect.stringMatching(/another client has locked it/) }
    await expect(second.bus?.lock(50, never)).rejects.toMatchObject(locked)
    second.write('SECOND?\n')
    second.expectAnswer?.()
    await expect.poll(() => second.heard.failures).toMatchObject([locked])
    script.write('OTHER?')
    const waiting = second.bus?.lock(5000, never)
    first.close()
    await waiting
    expect(shared.lines).toEqual([])
    await second.bus?.unlock(never)
    expect(await script.line()).toBe('OTHER')
    await expect(second.bus?.unlock(never)).rejects.toMatchObject({
      message: expect.stringMatching(/not locked by this connection/),
    })
  })

  it('triggers after what was written before, and leaves the front panel as it is', async () => {
    await using shared = await share(echo(), VXI11)
    using dut = await open(shared)
    dut.write('A\n')
    await dut.bus?.trigger(never)
    await dut.bus?.remote(true, never)
    await dut.bus?.remote(false, never)
    await expect.poll(() => shared.lines).toEqual(['A', '*TRG'])
  })

  it('gives its link back when it leaves, and leaves nothing behind', async () => {
    await using shared = await share(echo(), VXI11)
    for (let n = 0; n < 20; n++) {
      using dut = await open(shared)
      dut.write('A?\n')
      expect(shared.port.hub.guests).toHaveLength(1)
      dut.close()
      await expect.poll(() => shared.port.hub.guests).toEqual([])
    }
  })

  it('finds no other device', async () => {
    await using shared = await share(echo(), VXI11)
    await expect(vxi11(shared, 'gpib0,5')(new Collector(), never)).rejects.toMatchObject({
      code: 'device.unsupported',
      message: expect.stringMatching(/no such device/),
    })
    expect(shared.port.hub.guests).toEqual([])
  })

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['a record far too long', '\xff\xff\xff\xff'],
    ['a reply', '\x80\0\0\x08\0\0\0\x01\0\0\0\x01'],
  ])('is shut out when it speaks %s', async (_, said) => {
    await using shared = await share(echo(), VXI11)
    const socket = connect({ host: '127.0.0.1', port: shared.port.address.portmapperPort ?? 0 })
    socket.write(said, 'latin1')
    await once(socket, 'close', { signal: AbortSignal.timeout(5000) })
  })
})
