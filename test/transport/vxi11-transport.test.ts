import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openResource, wireOptions } from '../../bridge/transport/resource.ts'
import type { Receiver, Transport } from '../../bridge/transport/transport.ts'
import { Program } from '../support/process.ts'
import { Collector } from '../support/receiver.ts'

const never = new AbortController().signal
const trace = ':TRAC:SENS4:CHAN1:TYPE1:DATA? BIN,DB'

interface Ports {
  portmapper: number
  core: number
  abort: number
}
const listening = (line: string): Ports | undefined =>
  line.startsWith('{"listening"') ? (JSON.parse(line) as { listening: Ports }).listening : undefined

let simulator: Program<Ports>
beforeAll(async () => {
  simulator = await Program.start('simulators/vxi11/main.ts', ['--portmapper', '0', '--swept'], listening)
})
afterAll(async () => {
  await simulator.end()
})

type Opened = Transport & Disposable & { heard: Collector }

async function open(bytes?: number): Promise<Opened> {
  const heard = new Collector(bytes)
  const options = wireOptions.parse({ vxi11: { portmapperPort: simulator.ready.portmapper } })
  const transport = await openResource('TCPIP::127.0.0.1::inst0::INSTR', options)(heard, never)
  return Object.assign(transport, { heard, [Symbol.dispose]: () => transport.close() })
}

function ask(transport: Opened, query: string): Promise<string> {
  transport.write(`${query}\n`)
  transport.expectAnswer?.()
  return transport.heard.answer()
}

describe('VXI-11', () => {
  it('asks and is answered, each answer with its END', async () => {
    using dut = await open()
    expect(await ask(dut, '*IDN?')).toBe('EXFO,CTP10,SIM000001,1.5.0')
    expect(await ask(dut, '*OPC?')).toBe('1')
  })

  it('goes to the core port without a portmapper when it is told to', async () => {
    const heard = new Collector()
    const options = wireOptions.parse({ vxi11: { corePort: simulator.ready.core, portmapperPort: 1 } })
    const transport = await openResource('TCPIP::127.0.0.1::INSTR', options)(heard, never)
    transport.write('*OPC?\n')
    transport.expectAnswer?.()
    expect(await heard.answer()).toBe('1')
    transport.close()
  })

  it('sends a message longer than the instrument takes in several', async () => {
    using dut = await open()
    expect(await ask(dut, `*OPC?${' '.repeat(100_000)}`)).toBe('1')
  })

  it('receives a long block whole, of as many reads as it needs', async () => {
    using dut = await open(8 << 20)
    dut.write(':TRAC:SENS4:CHAN1:TYPE1:DATA:X? BIN,M\n')
    dut.expectAnswer?.()
    const block = await dut.heard.bytes()
    const view = new DataView(block.buffer)
    expect(block).toHaveLength(8 + 752_008 + 1)
    expect(view.getFloat64(8)).toBe(1.52e-6)
    expect(view.getFloat64(8 + 752_000)).toBe(1.614e-6)
  })

  it('takes a reply in several fragments', async () => {
    using dut = await open()
    dut.write(':SIM:WIRE:FRAG\n')
    expect(await ask(dut, '*IDN?')).toBe('EXFO,CTP10,SIM000001,1.5.0')
  })

  it('reads on when the answer takes longer than one read', async () => {
    using dut = await open()
    dut.write(':SIM:FAUL:LATE 0.8\n')
    expect(await ask(dut, '*IDN?')).toMatch(/^EXFO/)
  })

  it('aborts the read in progress to clear the device, and gives the late answer to nobody', async () => {
    using dut = await open()
    dut.write(':SIM:FAUL:LATE 0.4\n')
    dut.write('*IDN?\n')
    dut.expectAnswer?.()
    await sleep(30)
    const begun = performance.now()
    await dut.clear?.(never)
    // Without device_abort the read would have been waited for: half a second.
    expect(performance.now() - begun).toBeLessThan(200)
    expect(dut.heard.failures).toMatchObject([{ code: 'aborted' }])
    expect(await ask(dut, '*OPC?')).toBe('1')
    await sleep(450)
    expect([dut.heard.waiting, dut.heard.partial]).toEqual([0, ''])
  })

  it('clears the device in the middle of a block', async () => {
    using dut = await open(8 << 20)
    dut.write(`:SIM:FAUL:HALF;${trace}\n`)
    dut.expectAnswer?.()
    await expect.poll(() => dut.heard.partial.length).toBe(8 + 188_002)
    await dut.clear?.(never)
    expect(dut.heard.partial).toBe('')
    expect(await ask(dut, '*OPC?')).toBe('1')
  })

  it('voids the answer that is owed when the next message is sent, which does not wait for it', async () => {
    using dut = await open()
    dut.write(':SIM:FAUL:SIL\n')
    dut.write('*IDN?\n')
    dut.expectAnswer?.()
    await sleep(30)
    const begun = performance.now()
    expect(await ask(dut, '*OPC?')).toBe('1')
    expect(performance.now() - begun).toBeLessThan(250)
    expect(dut.heard.failures).toMatchObject([{ code: 'aborted' }])
  })

  it('reads the status byte while an answer is owed', async () => {
    using dut = await open()
    dut.write('*CLS;:FOO:BAR\n')
    expect(await ask(dut, '*OPC?')).toBe('1')
    dut.write(':SIM:FAUL:LATE 1.2\n')
    const answer = ask(dut, '*IDN?')
    expect(await dut.bus?.readStatusByte(never)).toBe(4)
    expect(dut.heard.waiting).toBe(0)
    expect(await answer).toMatch(/^EXFO/)
    dut.write('*CLS\n')
  })

  it('hears a service request over the interrupt channel', async () => {
    using dut = await open()
    dut.write('*CLS;*ESE 32;*SRE 32\n')
    dut.write('FOO:BAR\n')
    await expect.poll(() => dut.heard.requests).toEqual([undefined])
    expect(await dut.bus?.readStatusByte(never)).toBe(4 + 32 + 64)
    expect(await dut.bus?.readStatusByte(never)).toBe(4 + 32)
    dut.write('*CLS;*ESE 0;*SRE 0\n')
    expect(await ask(dut, '*OPC?')).toBe('1')
  })

  it('opens no interrupt channel for a receiver that does not listen for requests', async () => {
    const heard = new Collector()
    const deaf: Receiver = {
      space: () => heard.space(),
      received: (count, end) => heard.received(count, end),
      closed: (error) => heard.closed(error),
    }
    const options = wireOptions.parse({ vxi11: { corePort: simulator.ready.core } })
    const transport = await openResource('TCPIP::127.0.0.1::INSTR', options)(deaf, never)
    transport.write('*CLS;*ESE 32;*SRE 32;:FOO:BAR;*OPC?\n')
    transport.expectAnswer?.()
    expect(await heard.answer()).toBe('1')
    transport.write('*CLS;*ESE 0;*SRE 0;*OPC?\n')
    transport.expectAnswer?.()
    expect(await heard.answer()).toBe('1')
    expect(heard.requests).toEqual([])
    transport.close()
  })

  it('refuses the lock and every message to a second client until the first lets go or leaves', async () => {
    using first = await open()
    using second = await open()
    await first.bus?.lock(0, never)
    const locked = { code: 'device.busy', message: expect.stringMatching(/another client has locked it/) }
    await expect(second.bus?.lock(50, never)).rejects.toMatchObject(locked)
    second.write('*IDN?\n')
    second.expectAnswer?.()
    await expect.poll(() => second.heard.failures).toMatchObject([locked])
    await first.bus?.unlock(never)
    expect(await ask(second, '*OPC?')).toBe('1')
    await second.bus?.lock(0, never)
    const waiting = first.bus?.lock(2000, never)
    second.close()
    await waiting
    await first.bus?.unlock(never)
    await expect(first.bus?.unlock(never)).rejects.toMatchObject({ code: 'device.unsupported' })
  })

  it('triggers after what was written before', async () => {
    using dut = await open()
    dut.write(':INIT:TLS1:WAV:STAR 1550NM;STOP 1551NM\n')
    await dut.bus?.trigger(never)
    expect(await ask(dut, ':STAT:OPER:COND?')).not.toBe('0')
    expect(await ask(dut, ':ABOR;*RST;*OPC?')).toBe('1')
    await dut.bus?.remote(true, never)
    await dut.bus?.remote(false, never)
  })

  it.each([
    ['HALF', /closed by the other end/],
    ['HUGE', /a record of 2147483647 bytes announced where at most \d+ are taken/],
  ])('is lost, with the reason, when a reply goes wrong: %s', async (fault, reason) => {
    using dut = await open()
    dut.write(`:SIM:WIRE:${fault}\n`)
    await expect(ask(dut, '*IDN?')).rejects.toMatchObject({
      code: 'connection.lost',
      message: expect.stringMatching(reason),
    })
    await sleep(20)
    expect(dut.heard.lost).toHaveLength(1)
    await expect(dut.bus?.readStatusByte(never)).rejects.toMatchObject({ code: 'connection.lost' })
  })

  it.each(['XID', 'STALl'])(
    'takes no reply that belongs to no call, and is lost when its own does not come: %s',
    async (fault) => {
      using dut = await open()
      dut.write(`:SIM:WIRE:${fault}\n`)
      await expect(ask(dut, '*IDN?')).rejects.toMatchObject({
        code: 'connection.lost',
        message: expect.stringMatching(/device_read .*took longer/),
      })
      expect(dut.heard.partial).toBe('')
    },
  )

  it('gives up a call that waits behind another, when its asker does', async () => {
    using dut = await open()
    dut.write(':SIM:WIRE:STAL\n')
    dut.write('*IDN?\n')
    dut.expectAnswer?.()
    await sleep(30)
    await expect(dut.bus?.readStatusByte(AbortSignal.timeout(30))).rejects.toMatchObject({ code: 'aborted' })
    await expect(dut.clear?.(AbortSignal.timeout(30))).rejects.toMatchObject({ code: 'aborted' })
  })

  it('says nothing more once it is closed, and gives its link back', async () => {
    for (let i = 0; i < 40; i++) {
      using dut = await open()
      dut.write('*IDN?\n')
      dut.expectAnswer?.()
      dut.close()
      if (i === 39) await sleep(50)
      expect([dut.heard.waiting, dut.heard.lost]).toEqual([0, []])
    }
  })

  it('says what the instrument says of a device that is not there', async () => {
    const options = wireOptions.parse({ vxi11: { corePort: simulator.ready.core } })
    const opening = openResource('TCPIP::127.0.0.1::gpib0,5::INSTR', options)(new Collector(), never)
    await expect(opening).rejects.toMatchObject({
      code: 'device.unsupported',
      message: expect.stringMatching(/no such device to create_link for "gpib0,5"/),
    })
  })
})

describe('VXI-11 with a portmapper that', () => {
  async function serve(onConnection: (socket: Socket) => void): Promise<AsyncDisposable & { port: number }> {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {})
      onConnection(socket)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      port: (server.address() as AddressInfo).port,
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy()
        server.close()
        await once(server, 'close')
      },
    }
  }
  const opening = (port: number, signal = never): Promise<Transport> => {
    const options = wireOptions.parse({ vxi11: { portmapperPort: port } })
    return openResource('TCPIP::127.0.0.1::inst0::INSTR', options)(new Collector(), signal)
  }

  it('says nothing: opening can be cancelled', async () => {
    await using server = await serve(() => {})
    await expect(opening(server.port, AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'aborted' })
  })

  it('does not know the program: said in words', async () => {
    await using server = await serve((socket) => {
      socket.once('data', (call: Buffer) => {
        const head = Buffer.from('8000001c', 'hex')
        const rest = Buffer.from('000000010000000000000000000000000000000000000000', 'hex')
        socket.write(Buffer.concat([head, call.subarray(4, 8), rest]))
      })
    })
    await expect(opening(server.port)).rejects.toMatchObject({
      code: 'device.unsupported',
      message: expect.stringMatching(/knows no VXI-11 instrument/),
    })
  })

  it('speaks something else: it is lost in words', async () => {
    await using server = await serve((socket) => socket.write('220 mail.example.com ESMTP\r\n'))
    await expect(opening(server.port)).rejects.toMatchObject({ code: 'connection.lost' })
  })
})
