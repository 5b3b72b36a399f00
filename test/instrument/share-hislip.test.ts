import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { Line } from '../../bridge/instrument/scpi/line.ts'
import { Session } from '../../bridge/instrument/scpi/session.ts'
import { shareConfig } from '../../bridge/instrument/share/config.ts'
import { SharedPort } from '../../bridge/instrument/share/shared-port.ts'
import { openResource, wireOptions } from '../../bridge/transport/resource.ts'
import type { Receiver, Transport } from '../../bridge/transport/transport.ts'
import { Program } from '../support/process.ts'
import { Collector } from '../support/receiver.ts'
import { echo, Script, share, type Shared } from './share-rig.ts'

const never = new AbortController().signal
const modes = ['synchronized', 'overlap'] as const

function resourceOf(shared: Shared): string {
  return `TCPIP::127.0.0.1::hislip0,${shared.hislip}::INSTR`
}

function openTransport(shared: Shared, receiver: Receiver, mode: (typeof modes)[number]): Promise<Transport> {
  return openResource(resourceOf(shared), wireOptions.parse({ hislip: { mode } }))(receiver, never)
}

describe.each(modes)('a HiSLIP client in %s mode', (mode) => {
  const open = async (shared: Shared): Promise<Session> =>
    Session.open({
      device: 'remote',
      open: openResource(resourceOf(shared), wireOptions.parse({ hislip: { mode } })),
      signal: never,
      lost: () => {},
    })

  it('asks and commands like one on the instrument itself, beside a raw one', async () => {
    await using shared = await share(echo())
    using session = await open(shared)
    using script = await Script.connect(shared.raw)
    for (let n = 0; n < 50; n++) {
      const [ours, theirs] = await Promise.all([session.query(`H${n}?`), script.ask(`R${n}?`)])
      expect([ours, theirs]).toEqual([`H${n}`, `R${n}`])
    }
    await session.run('control', async (wire) => wire.write('INIT:IMM'))
    expect(await session.query('*OPC?')).toBe('*OPC')
    expect(shared.lines).toContain('INIT:IMM')
  })

  it('reads a block into its own buffer, byte for byte', async () => {
    const block = Buffer.alloc(2_000_000)
    for (let i = 0; i < block.length; i++) block[i] = (i * 11) & 255
    const whole = Buffer.concat([Buffer.from('#72000000'), block, Buffer.from('\r\n')])
    await using shared = await share((line, socket) => socket.write(line === 'CURV?' ? whole : '1\n'))
    using session = await open(shared)
    const read = await session.run('bulk', (wire) =>
      wire.block('CURV?', { into: (bytes) => new Uint8Array(bytes) }),
    )
    expect(block.equals(read)).toBe(true)
    expect(await session.query('*OPC?')).toBe('1')
  })

  it('clears what it has asked itself and nothing of anybody else', async () => {
    await using shared = await share(echo((line) => (line === 'SLOW?' ? 100 : 0)))
    const heard = new Collector()
    const dut = await openTransport(shared, heard, mode)
    using script = await Script.connect(shared.raw)
    dut.write('SLOW?\n')
    dut.expectAnswer?.()
    await expect.poll(() => shared.lines).toEqual(['SLOW?'])
    script.write('OTHER?')
    await dut.clear?.(never)
    dut.write('NEXT?\n')
    dut.expectAnswer?.()
    expect((await heard.answer()).trim()).toBe('NEXT')
    expect(await script.line()).toBe('OTHER')
    dut.close()
  })
})

it('says that an answer is there in the status byte, and that it was refused something', async () => {
  await using shared = await share(
    (line, socket) => line.endsWith('?') && socket.write(line === '*STB?' ? '32\n' : 'x\n'),
  )
  const heard = new Collector()
  const dut = await openTransport(shared, heard, 'synchronized')
  expect(await dut.bus?.readStatusByte(never)).toBe(32)
  shared.hold(new BenchError('lease.held', 'ada holds the lease'))
  dut.write('*RST\n')
  await expect.poll(() => dut.bus?.readStatusByte(never)).toBe(32 + 4)
  expect(shared.lines).not.toContain('*RST')
  dut.close()
})

it('has the lock that HiSLIP has: exclusive, waited for, and over after its time', async () => {
  await using shared = await share(echo(), { lockSeconds: 1.5 })
  const first = await openTransport(shared, new Collector(), 'synchronized')
  const second = await openTransport(shared, new Collector(), 'synchronized')
  using script = await Script.connect(shared.raw)
  await first.bus?.lock(0, never)
  script.write('OTHER?')
  await expect(second.bus?.lock(50, never)).rejects.toMatchObject({ code: 'device.busy' })
  expect(shared.lines).toEqual([])
  const waiting = second.bus?.lock(2000, never)
  await first.bus?.unlock(never)
  await waiting
  await expect(first.bus?.unlock(never)).rejects.toMatchObject({ code: 'input.invalid' })
  expect(await script.line()).toBe('OTHER')
  await expect(second.bus?.unlock(never)).rejects.toMatchObject({ code: 'input.invalid' })
  first.close()
  second.close()
})

it('shares an instrument that is reached by HiSLIP itself, with blocks and with several messages at once', async () => {
  await using instrument = await Program.start(
    'simulators/hislip/main.ts',
    ['--port', '0', '--swept'],
    (line) => {
      const port = /"port":(\d+)/.exec(line)?.[1]
      return port === undefined ? undefined : Number(port)
    },
  )
  const line = new Line()
  using session = await Session.open({
    device: 'dut',
    open: openResource(`TCPIP::127.0.0.1::hislip0,${instrument.ready}::INSTR`),
    signal: never,
    lost: () => {},
    line,
  })
  await using port = await SharedPort.open({
    device: 'dut',
    line,
    config: shareConfig.parse({ port: 0 }),
    log: pino({ level: 'silent' }),
    whyNot: () => undefined,
    endLight: () => {},
  })
  const trace = ':TRAC:SENS4:CHAN1:TYPE1:DATA? BIN,DB'
  const block = await session.run('bulk', (wire) =>
    wire.block(trace, { into: (bytes) => new Uint8Array(bytes) }),
  )
  using script = await Script.connect(port.address.port)
  for (const message of ['*IDN?', trace, '*OPC?']) script.write(message)
  expect(await script.line()).toMatch(/^EXFO,CTP10/)
  expect((await script.bytes(8)).toString()).toBe('#6376004')
  expect((await script.bytes(376_004)).equals(block)).toBe(true)
  expect([await script.line(), await script.line()]).toEqual(['', '1'])
})

it('knows no other sub-address', async () => {
  await using shared = await share(echo())
  const open = openResource(`TCPIP::127.0.0.1::hislip7,${shared.hislip}::INSTR`)
  await expect(open(new Collector(), never)).rejects.toMatchObject({
    code: 'connection.lost',
    message: expect.stringMatching(/only hislip0/),
  })
})
