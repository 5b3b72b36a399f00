import { describe, expect, it, onTestFinished } from 'vitest'
import { Session } from '../../bridge/instrument/scpi/session.ts'
import { messagesIn } from '../../bridge/instrument/scpi/lines.ts'
import { browserPorts } from '../../bridge/transport/browser.ts'
import { openResource, wireOptions, type WireOptions } from '../../bridge/transport/resource.ts'
import type { Receiver, Transport } from '../../bridge/transport/transport.ts'
import { listen, openSession } from '../support/instrument.ts'
import { Program } from '../support/process.ts'
import { Pty } from '../support/pty.ts'
import { WireTap } from '../support/wire-tap.ts'
import { openDeclared } from '../instrument/declared-rig.ts'

const never = new AbortController().signal
const BOTH = ['OUTP1 OFF', 'OUTP2 OFF']

async function sessionOn(resource: string, wire: object = {}): Promise<Session> {
  const session = await Session.open({
    device: 'dut',
    open: openResource(resource, wireOptions.parse(wire)),
    signal: never,
    lost: () => {},
  })
  onTestFinished(() => session[Symbol.dispose]())
  return session
}

/** A supply with two outputs, both on, that takes CR for the end of a message and nothing else. */
function obey(pty: Pty): { outputs: () => boolean[] } {
  const on = [true, true]
  let rest = ''
  pty.onHeard = (text) => {
    const messages = `${rest}${text}`.split('\r')
    rest = messages.pop() ?? ''
    for (const message of messages) {
      const set = /^OUTP([12]) (ON|OFF)$/.exec(message)
      if (set) on[Number(set[1]) - 1] = set[2] === 'ON'
      const asked = /^OUTP([12])\?$/.exec(message)
      if (asked) pty.say(`${on[Number(asked[1]) - 1] ? 1 : 0}\r`)
      if (message === '*IDN?') pty.say('ACME,PSU,1,2\r')
    }
  }
  return { outputs: () => [...on] }
}

describe('each safe command is a message of its own', () => {
  it('on a serial line, with the end that the supply takes', async () => {
    await using pty = await Pty.open()
    const { outputs } = obey(pty)
    const output = { query: 'OUTP{channel}?', command: 'OUTP{channel} {value}', type: 'boolean' }
    const { device } = await openDeclared({
      resource: `ASRL${pty.path}::INSTR`,
      wire: { serial: { sendEnd: 'cr', receiveEnd: 'cr' } },
      channels: [1, 2],
      errors: 'none',
      safe: ['OUTP{channel} OFF'],
      settings: { output: { ...output, offWhenSafe: true } },
    })
    onTestFinished(() => device[Symbol.asyncDispose]())
    expect(outputs()).toEqual([true, true])
    const before = pty.heard.length
    expect(await device.stop()).toBe('proven')
    expect(outputs()).toEqual([false, false])
    expect(pty.heard.slice(before)).toBe('OUTP1 OFF\rOUTP2 OFF\rOUTP1?\rOUTP2?\r')
  })

  it('on a raw socket', async () => {
    await using instrument = await listen(() => {})
    await using tap = await WireTap.open(instrument.port)
    const session = await sessionOn(`TCPIP::127.0.0.1::${tap.port}::SOCKET`)
    session.abort(BOTH)
    await expect.poll(() => String(tap.sent[0])).toBe('OUTP1 OFF\nOUTP2 OFF\n')
  })

  it('over HiSLIP: one END message each', async () => {
    await using simulator = await Program.start('simulators/hislip/main.ts', ['--port', '0'], portOf('port'))
    await using tap = await WireTap.open(simulator.ready)
    const session = await sessionOn(`TCPIP::127.0.0.1::hislip0,${tap.port}::INSTR`)
    session.abort(BOTH)
    expect(await session.query('*OPC?')).toBe('1')
    expect(tap.hislipMessages).toEqual(['OUTP1 OFF\n', 'OUTP2 OFF\n', '*OPC?\n'])
  })

  it('over VXI-11: one write with END each', async () => {
    await using simulator = await Program.start(
      'simulators/vxi11/main.ts',
      ['--portmapper', '0'],
      portOf('core'),
    )
    await using tap = await WireTap.open(simulator.ready)
    const wire = { vxi11: { corePort: tap.port } }
    const session = await sessionOn('TCPIP::127.0.0.1::inst0::INSTR', wire)
    session.abort(BOTH)
    expect(await session.query('*OPC?')).toBe('1')
    expect(tap.vxi11Writes).toEqual([
      { text: 'OUTP1 OFF\n', end: true },
      { text: 'OUTP2 OFF\n', end: true },
      { text: '*OPC?\n', end: true },
    ])
  })

  it('over a serial port that a page lends: one write each', async () => {
    const writes: string[] = []
    const options: WireOptions = wireOptions.parse({ serial: { sendEnd: 'cr' } })
    const opening = Session.open({
      device: 'dut',
      open: openResource('WEBSERIAL::safe-messages', options),
      signal: never,
      lost: () => {},
    })
    await expect.poll(() => browserPorts.list().map(({ name }) => name)).toContain('safe-messages')
    const write = (bytes: Uint8Array, written: () => void): void => {
      writes.push(Buffer.from(bytes).toString('latin1'))
      written()
    }
    const { loan } = browserPorts.lend('safe-messages', { name: 'ada', write, protect: () => {} })
    const session = await opening
    session.abort(BOTH)
    expect(writes).toEqual(['OUTP1 OFF\r', 'OUTP2 OFF\r'])
    session[Symbol.dispose]()
    loan.end('the test is over')
  })
})

it('sends over VXI-11 what makes safe though the write before it was refused', async () => {
  await using simulator = await Program.start(
    'simulators/vxi11/main.ts',
    ['--portmapper', '0'],
    portOf('core'),
  )
  await using tap = await WireTap.open(simulator.ready)
  const session = await sessionOn('TCPIP::127.0.0.1::inst0::INSTR', { vxi11: { corePort: tap.port } })
  const other = await openResource(
    'TCPIP::127.0.0.1::inst0::INSTR',
    wireOptions.parse({ vxi11: { corePort: simulator.ready } }),
  )({ space: () => new Uint8Array(64), received: () => {}, closed: () => {} }, never)
  onTestFinished(() => other.close())
  await other.bus?.lock(0, never)
  session.abort(BOTH)
  await expect(session.query('*OPC?')).rejects.toMatchObject({ code: 'device.busy' })
  await expect
    .poll(() => tap.vxi11Writes.map(({ text }) => text))
    .toEqual(expect.arrayContaining(['OUTP1 OFF\n', 'OUTP2 OFF\n']))
})

describe('what an abort owes', () => {
  const silent = { deadlineMs: 30 }

  it('is every message of every abort, each once, on a connection that is opened anew', async () => {
    await using instrument = await listen((line, socket) => {
      if (line === 'NEXT?') socket.write('next\n')
    })
    const { session } = await openSession(instrument.port)
    using _ = session
    await expect(session.query('SILENT?', silent)).rejects.toMatchObject({ code: 'device.timeout' })
    session.abort(['A', 'B'])
    session.abort(['B', 'C'])
    expect(await session.query('NEXT?')).toBe('next')
    expect(instrument.lines).toEqual(['SILENT?', 'A', 'B', 'A', 'B', 'C', 'A', 'B', 'C', 'NEXT?'])
  })

  it('is over once the instrument has answered what was asked behind it', async () => {
    await using instrument = await listen((line, socket) => {
      if (line === 'NEXT?') socket.write('next\n')
    })
    const { session } = await openSession(instrument.port)
    using _ = session
    session.abort(['A'])
    expect(await session.query('NEXT?')).toBe('next')
    await expect(session.query('SILENT?', silent)).rejects.toMatchObject({ code: 'device.timeout' })
    expect(await session.query('NEXT?')).toBe('next')
    expect(instrument.connections).toBe(2)
    expect(instrument.lines.filter((line) => line === 'A')).toHaveLength(1)
  })

  it('stays owed while nothing has answered, though the connection seemed to be clean', async () => {
    await using instrument = await listen((line, socket) => {
      if (line === 'NEXT?') socket.write('next\n')
    })
    const { session } = await openSession(instrument.port)
    using _ = session
    session.abort(['A'])
    await expect(session.query('SILENT?', silent)).rejects.toMatchObject({ code: 'device.timeout' })
    expect(await session.query('NEXT?')).toBe('next')
    expect(instrument.lines).toEqual(['A', 'SILENT?', 'A', 'NEXT?'])
  })

  it('survives a device clear that fails, and the connection that is opened then', async () => {
    const sent: string[][] = []
    const clears: PromiseWithResolvers<void>[] = []
    /** A wire that has a device clear: from its beginning on no answer is owed any more. */
    const open = (receiver: Receiver): Promise<Transport> => {
      const messages: string[] = []
      sent.push(messages)
      const answer = (text: string): void => {
        const count = Buffer.from(text).copy(receiver.space())
        receiver.received(count, true)
      }
      return Promise.resolve({
        ...{ peer: 'test', marksEnd: true, close: () => {} },
        write: (text) => {
          messages.push(text)
          if (text === 'NEXT?\n') queueMicrotask(() => answer('next\n'))
        },
        clear: () => {
          receiver.failed?.(Object.assign(new Error('cleared'), { code: 'aborted' }) as never)
          const clear = Promise.withResolvers<void>()
          clears.push(clear)
          return clear.promise
        },
      })
    }
    using session = await Session.open({ device: 'dut', open, signal: never, lost: () => {} })
    await expect(session.query('SILENT?', silent)).rejects.toMatchObject({ code: 'device.timeout' })
    await expect.poll(() => clears.length).toBe(1)
    session.abort(['A'])
    clears[0]?.reject(new Error('the instrument does not answer'))
    expect(await session.query('NEXT?')).toBe('next')
    expect(sent).toEqual([
      ['SILENT?\n', 'A\n'],
      ['A\n', 'NEXT?\n'],
    ])
  })
})

describe('several messages in one piece', () => {
  it.each([
    ['OUTP1 OFF\nOUTP2 OFF', ['OUTP1 OFF', 'OUTP2 OFF']],
    ['OUTP1 OFF\r\n\r\nOUTP2 OFF', ['OUTP1 OFF', 'OUTP2 OFF']],
    ['DATA #15a\nb\nc', ['DATA #15a\nb\nc']],
    ['DATA #13a\nb\nOUTP OFF', ['DATA #13a\nb', 'OUTP OFF']],
    [' \n', []],
  ])('are taken apart: %j', (text, messages) => expect(messagesIn(text)).toEqual(messages))

  it.each(['safe', 'open'])('are refused in a declaration: %s', async (member) => {
    await using instrument = await listen(() => {})
    const resource = `TCPIP::127.0.0.1::${instrument.port}::SOCKET`
    await expect(openDeclared({ resource, [member]: ['OUTP1 OFF\nOUTP2 OFF'] })).rejects.toThrow(
      'one message each',
    )
  })
})

function portOf(name: string): (line: string) => number | undefined {
  return (line) => {
    const found = new RegExp(`"${name}":(\\d+)`).exec(line)?.[1]
    return found === undefined ? undefined : Number(found)
  }
}
