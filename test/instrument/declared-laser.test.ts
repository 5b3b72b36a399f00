import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { probe } from '../../bridge/cli/probe.ts'
import { callerAs } from '../support/caller.ts'
import { listen } from '../support/instrument.ts'
import { Program } from '../support/process.ts'
import { Pty } from '../support/pty.ts'
import { openDeclared } from './declared-rig.ts'

const caller = callerAs()
const device = 'dut'

/** The simulated laser in a process of its own. */
function startLaser(): Promise<Program<{ port: number }>> {
  return Program.start('simulators/scpi/main.ts', ['--port', '0'], (line) =>
    line.includes('"listening"')
      ? (JSON.parse(line) as { listening: { port: number } }).listening
      : undefined,
  )
}

/** What `lightbench probe` prints, and what it says besides. */
async function probed(...args: string[]): Promise<{ printed: string; noted: string }> {
  let printed = ''
  let noted = ''
  await probe.run(args, {
    print: (line) => void (printed += `${line}\n`),
    note: (line) => void (noted += line),
    askSecret: () => Promise.reject(new Error('nothing is secret here')),
  })
  return { printed, noted }
}

it('tells when its light goes on and off, and obeys the declared driver', async () => {
  await using laser = await startLaser()
  const said: { emission: boolean; atNs: string }[] = []
  createInterface(laser.child.stdout!).on('line', (line) => said.push(JSON.parse(line) as never))
  const resource = `TCPIP::127.0.0.1::${laser.ready.port}::SOCKET`
  const { device: opened, declared } = await openDeclared({ resource, model: 'lightbench-test-laser' })
  const { commands } = opened
  await commands['instrument.set']?.({ device, setting: 'wavelength', value: 1551.25 }, caller)
  await commands['instrument.emit']?.({ device, setting: 'output', value: true }, caller)
  await expect.poll(() => said).toMatchObject([{ emission: true }])
  await expect.poll(() => declared().values['power']?.value).toBeGreaterThan(-1)
  const trace = await commands['instrument.trace']?.({ device, trace: 'spectrum' }, caller)
  expect(trace).toMatchObject({
    points: 201,
    unit: 'dBm',
    axis: { quantity: 'wavelength', unit: 'm', start: 1.55025e-6, step: 1e-11 },
  })
  opened.endEmission?.()
  await expect.poll(() => said).toMatchObject([{ emission: true }, { emission: false }])
  expect(BigInt(said[1]!.atNs) > BigInt(said[0]!.atNs)).toBe(true)
  await commands['instrument.emit']?.({ device, setting: 'output', value: true }, caller)
  await opened[Symbol.asyncDispose]()
  await expect.poll(() => said.map(({ emission }) => emission)).toEqual([true, false, true, false])
})

it('ends with whoever started it', async () => {
  await using laser = await startLaser()
  laser.child.stdin?.end()
  await once(laser.child, 'exit')
})

it('probes an instrument: who it is, and the entry with the model that fits', async () => {
  await using laser = await startLaser()
  const { printed, noted } = await probed(`tcpip::127.0.0.1::${laser.ready.port}::socket`)
  expect(printed).toMatch(/^# Maker: +Lightbench\n# Model: +TestLaser\n# Serial: +SIM1\n# Firmware: +1\.0\n/)
  expect(printed).toContain('  testlaser:\n    driver: instrument.scpi\n    model: lightbench-test-laser\n')
  expect(printed).toContain(`    resource: TCPIP0::127.0.0.1::${laser.ready.port}::SOCKET`)
  expect(noted).toBe('')
})

it('probes one that nothing is shipped for, and one that has a driver of its own', async () => {
  let identity = 'Acme Inc.,9 Volt/Source,1,2'
  await using instrument = await listen((_, socket) => socket.write(`${identity}\r\n`))
  const resource = `TCPIP::127.0.0.1::${instrument.port}::SOCKET`
  expect((await probed(resource)).printed).toContain(
    '  instrument-9-volt-source:\n    driver: instrument.scpi\n',
  )
  identity = 'EXFO,CTP10,12345AB,1.5.0'
  expect((await probed(resource)).printed).toContain('  ctp10:\n    driver: instrument.exfo-ctp10\n')
})

it('finds one that wants CR at the end of a message, and says what to do', async () => {
  await using instrument = await listen(() => {})
  const server = createServer((socket) => {
    let sent = ''
    socket.on('data', (chunk) => {
      sent += chunk.toString('latin1')
      if (sent === '*IDN?\r') socket.write('SANTEC,TSL-570,21020001,0001.000.0001\r')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const { printed, noted } = await probed(`TCPIP::127.0.0.1::${port}::SOCKET`, '--seconds', '0.3')
  server.close()
  expect(printed).toContain('  tsl-570:')
  expect(noted).toContain("set the instrument's delimiter (terminator) to LF")
  await expect(probed(`TCPIP::127.0.0.1::${instrument.port}::SOCKET`, '--seconds', '0.1')).rejects.toThrow(
    'did not answer *IDN? within 0.1 s with any of LF, CR LF, CR at the end',
  )
})

it('finds a serial one that wants CR at the end of a message, and sets the line so', async () => {
  await using pty = await Pty.open()
  let rest = ''
  pty.onHeard = (text) => {
    const messages = `${rest}${text}`.split('\r')
    rest = messages.pop() ?? ''
    // What came with another end than its own stands before the next message, and spoils nothing but that.
    for (const message of messages) if (message === '*IDN?') pty.say('ACME,PSU,1,2\r')
  }
  const { printed, noted } = await probed(`ASRL${pty.path}::INSTR`, '--seconds', '0.5', '--baud', '19200')
  expect(printed).toContain(
    '    wire:\n      serial:\n        baudRate: 19200\n        sendEnd: cr\n        receiveEnd: cr\n',
  )
  expect(noted).toBe('')
})

it('says whether it serves two connections at once, of one that a declaration is written for', async () => {
  const serve = async (most: number): Promise<string> => {
    let open = 0
    const server = createServer((socket) => {
      if (++open > most) socket.destroy()
      socket.on('close', () => (open -= 1))
      socket.on('error', () => {})
      createInterface(socket).on('line', () => socket.write('Acme,Box,1,2\n'))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { printed } = await probed(`TCPIP::127.0.0.1::${port}::SOCKET`, '--seconds', '0.5')
    server.close()
    return printed
  }
  expect(await serve(2)).toContain('\n    guard: standby\n')
  expect(await serve(1)).not.toContain('guard')
})
