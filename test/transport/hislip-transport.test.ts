import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openResource, wireOptions } from '../../bridge/transport/resource.ts'
import type { Transport } from '../../bridge/transport/transport.ts'
import { Program } from '../support/process.ts'
import { Collector } from '../support/receiver.ts'

const never = new AbortController().signal
const trace = ':TRAC:SENS4:CHAN1:TYPE1:DATA? BIN,DB'

const listening = (line: string): number | undefined => {
  const port = /"port":(\d+)/.exec(line)?.[1]
  return port === undefined ? undefined : Number(port)
}

let simulator: Program<number>
beforeAll(async () => {
  simulator = await Program.start('simulators/hislip/main.ts', ['--port', '0', '--swept'], listening)
})
afterAll(async () => {
  await simulator.end()
})

type Opened = Transport & Disposable & { heard: Collector }

async function open(
  mode?: 'synchronized' | 'overlap',
  port = simulator.ready,
  bytes?: number,
): Promise<Opened> {
  const heard = new Collector(bytes)
  const options = wireOptions.parse({ hislip: { mode } })
  const transport = await openResource(`TCPIP::127.0.0.1::hislip0,${port}::INSTR`, options)(heard, never)
  return Object.assign(transport, { heard, [Symbol.dispose]: () => transport.close() })
}

function ask(transport: Opened, query: string): Promise<string> {
  transport.write(`${query}\n`)
  transport.expectAnswer?.()
  return transport.heard.answer()
}

describe('HiSLIP', () => {
  it('asks and is answered, each answer with its END', async () => {
    using dut = await open()
    expect(await ask(dut, '*IDN?')).toBe('EXFO,CTP10,SIM000001,1.5.0')
    expect(await ask(dut, '*OPC?')).toBe('1')
    expect(dut.marksEnd).toBe(true)
  })

  it('sends a message longer than the instrument takes in several', async () => {
    using dut = await open()
    expect(await ask(dut, `*OPC?${' '.repeat(200_000)}`)).toBe('1')
  })

  it('receives a long block in few pieces, and whole', async () => {
    using dut = await open(undefined, simulator.ready, 8 << 20)
    dut.write(':TRAC:SENS4:CHAN1:TYPE1:DATA:X? BIN,M\n')
    dut.expectAnswer?.()
    const block = await dut.heard.bytes()
    const view = new DataView(block.buffer)
    expect(Buffer.from(block.subarray(0, 8)).toString()).toBe('#6752008')
    expect(block).toHaveLength(8 + 752_008 + 1)
    expect(view.getFloat64(8)).toBe(1.52e-6)
    expect(view.getFloat64(8 + 752_000)).toBe(1.614e-6)
  })

  it('clears the device while an answer is owed, and gives the late one to nobody', async () => {
    using dut = await open()
    dut.write(':SIM:FAUL:LATE 0.3\n')
    dut.write('*IDN?\n')
    dut.expectAnswer?.()
    await sleep(20)
    await dut.clear?.(never)
    expect(dut.heard.failures).toMatchObject([{ code: 'aborted' }])
    expect(await ask(dut, '*OPC?')).toBe('1')
    // This one comes after the one that nobody waits for any more.
    dut.write(':SIM:FAUL:LATE 0.4\n')
    expect(await ask(dut, '*OPC?')).toBe('1')
    expect(dut.heard.waiting).toBe(0)
  })

  it('clears the device in the middle of a block', async () => {
    using dut = await open(undefined, simulator.ready, 8 << 20)
    dut.write(`:SIM:FAUL:HALF;${trace}\n`)
    dut.expectAnswer?.()
    await expect.poll(() => dut.heard.partial.length).toBe(8 + 188_002)
    await dut.clear?.(never)
    expect(dut.heard.partial).toBe('')
    expect(await ask(dut, '*OPC?')).toBe('1')
  })

  it('rejects when a device clear is not acknowledged, within its time', async () => {
    using dut = await open()
    dut.write(':SIM:WIRE:CLEAR\n')
    expect(await ask(dut, '*OPC?')).toBe('1')
    await expect(dut.clear?.(AbortSignal.timeout(100))).rejects.toMatchObject({ code: 'aborted' })
    using again = await open()
    again.write(':SIM:WIRE:CLEAR\n')
    expect(await ask(again, '*OPC?')).toBe('1')
    await expect(again.clear?.(never)).rejects.toMatchObject({ code: 'device.timeout' })
  })

  it('drops an answer whose number is not of the newest message', async () => {
    using dut = await open('synchronized')
    dut.write(':SIM:WIRE:ID\n')
    dut.write('*IDN?\n')
    dut.expectAnswer?.()
    await sleep(50)
    expect(dut.heard.waiting).toBe(0)
    expect(dut.heard.partial).toBe('')
    expect(await ask(dut, '*OPC?')).toBe('1')
  })

  it('takes an answer whose number the server does not know', async () => {
    using dut = await open('synchronized')
    dut.write(':SIM:WIRE:ID:UNKN\n')
    expect(await ask(dut, '*IDN?')).toMatch(/^EXFO/)
  })

  it('voids the answer that is owed when the next message is sent, in synchronized mode', async () => {
    using dut = await open('synchronized')
    dut.write(':SIM:FAUL:LATE 0.1\n')
    dut.write('*IDN?\n')
    dut.expectAnswer?.()
    // Overtaken by input: Interrupted and AsyncInterrupted come, and what is sent in between is held.
    expect(await ask(dut, '*OPC?')).toBe('1')
    expect(dut.heard.failures).toMatchObject([{ code: 'aborted' }])
    expect(await ask(dut, '*OPC?')).toBe('1')
    expect(await ask(dut, 'SYST:ERR?')).toMatch(/^-410,/)
  })

  it('is lost when only one of the two Interrupted messages comes', async () => {
    using dut = await open('synchronized')
    dut.write(':SIM:WIRE:INT;:SIM:FAUL:LATE 0.05\n')
    dut.write('*IDN?\n')
    dut.expectAnswer?.()
    dut.write('*CLS\n')
    await expect
      .poll(() => dut.heard.lost, { timeout: 5000 })
      .toMatchObject([{ code: 'connection.lost', message: expect.stringMatching(/Interrupted/) }])
  }, 10_000)

  it('answers in order without interrupting, in overlap mode', async () => {
    using dut = await open('overlap')
    dut.write(':SIM:FAUL:LATE 0.05\n')
    for (const query of ['*IDN?', '*OPC?', '*ESE?']) {
      dut.write(`${query}\n`)
      dut.expectAnswer?.()
    }
    expect([await dut.heard.answer(), await dut.heard.answer(), await dut.heard.answer()]).toEqual([
      'EXFO,CTP10,SIM000001,1.5.0',
      '1',
      '0',
    ])
    expect(dut.heard.failures).toHaveLength(1) // the device clear that chose the mode
  })

  it('reads the status byte while an answer is owed, and message-available when it is there', async () => {
    using dut = await open('synchronized')
    expect(((await dut.bus?.readStatusByte(never)) ?? 0) & 16).toBe(0)
    dut.write(':SIM:FAUL:LATE 0.2\n')
    const answer = ask(dut, '*IDN?')
    expect(((await dut.bus?.readStatusByte(never)) ?? 0) & 16).toBe(0)
    await answer
    dut.write('FOO:BAR\n')
    await expect.poll(() => dut.bus?.readStatusByte(never)).toBe(4)
    dut.write('*CLS\n')
  })

  it('hears a service request, whose poll clears it', async () => {
    using dut = await open()
    dut.write('*CLS;*ESE 32;*SRE 32\n')
    dut.write('FOO:BAR\n')
    await expect.poll(() => dut.heard.requests).toEqual([4 + 32 + 64])
    expect(await dut.bus?.readStatusByte(never)).toBe(4 + 32 + 64)
    expect(await dut.bus?.readStatusByte(never)).toBe(4 + 32)
    dut.write('*CLS;*ESE 0;*SRE 0\n')
    expect(await ask(dut, '*OPC?')).toBe('1')
  })

  it('refuses the lock to a second client until the first lets go or leaves', async () => {
    using first = await open()
    using second = await open()
    await first.bus?.lock(0, never)
    await expect(second.bus?.lock(50, never)).rejects.toMatchObject({
      code: 'device.busy',
      message: expect.stringMatching(/locked by another client/),
    })
    second.write('*IDN?\n')
    second.expectAnswer?.()
    expect(await ask(first, '*OPC?')).toBe('1')
    expect(second.heard.waiting).toBe(0)
    await first.bus?.unlock(never)
    expect(await second.heard.answer()).toMatch(/^EXFO/)
    await second.bus?.lock(0, never)
    const waiting = first.bus?.lock(2000, never)
    second.close()
    await waiting
    await first.bus?.unlock(never)
    await expect(first.bus?.unlock(never)).rejects.toMatchObject({ code: 'input.invalid' })
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
    ['half', /closed by the other end/],
    ['huge', /message said to be 4503599627370496 bytes long, where at most \d+ are taken/],
    ['header', /where a message should begin: is it HiSLIP/],
  ])('is lost, with the reason, when the answer goes wrong: %s', async (fault, reason) => {
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

  it('says nothing more once it is closed', async () => {
    using dut = await open()
    dut.write('*IDN?\n')
    dut.expectAnswer?.()
    dut.close()
    using other = await open()
    expect(await ask(other, '*IDN?')).toMatch(/^EXFO/)
    expect([dut.heard.waiting, dut.heard.lost]).toEqual([0, []])
  })

  it('says which sub-address is not there', async () => {
    const resource = openResource(`TCPIP::127.0.0.1::hislip7,${simulator.ready}::INSTR`)
    await expect(resource(new Collector(), never)).rejects.toMatchObject({
      code: 'connection.lost',
      message: expect.stringMatching(/unknown sub-address.*no hislip7 here/),
    })
  })
})

describe('HiSLIP with a server that', () => {
  /** A server that does with each connection what the test says. */
  async function serve(
    onConnection: (socket: Socket) => void,
  ): Promise<AsyncDisposable & { resource: string }> {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {})
      onConnection(socket)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      resource: `TCPIP::127.0.0.1::hislip0,${(server.address() as AddressInfo).port}::INSTR`,
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy()
        server.close()
        await once(server, 'close')
      },
    }
  }

  it('takes the connection and says nothing: opening can be cancelled', async () => {
    await using server = await serve(() => {})
    const opening = openResource(server.resource)(new Collector(), AbortSignal.timeout(50))
    await expect(opening).rejects.toMatchObject({ code: 'aborted' })
  })

  it('takes the connection and says nothing: opening ends by itself', async () => {
    await using server = await serve(() => {})
    await expect(openResource(server.resource)(new Collector(), never)).rejects.toMatchObject({
      code: 'device.timeout',
    })
  })

  it('wants encryption: it is refused in words', async () => {
    await using server = await serve((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from('48530102020000010000000000000000', 'hex'))
      })
    })
    await expect(openResource(server.resource)(new Collector(), never)).rejects.toMatchObject({
      code: 'device.unsupported',
      message: expect.stringMatching(/encrypted/),
    })
  })
})
