import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Program } from '../support/process.ts'
import { runVisaScript, runVisaShare } from '../support/visa.ts'

const BLOCK = ':TRAC:SENS4:CHAN1:TYPE1:DATA? BIN,DB'
const POINTS = 94_001
/** Where every VXI-11 client looks for its instrument's ports (RFC 1833): only root may listen there, and once. */
const PORTMAPPER = 111
const portmapperIsFree = await new Promise<boolean>((resolve) => {
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(PORTMAPPER, '127.0.0.1', () => server.close(() => resolve(true)))
})

function startVxi11(): Promise<Program<{ core: number }>> {
  return Program.start(
    'simulators/vxi11/main.ts',
    ['--portmapper', String(PORTMAPPER), '--swept'],
    (line) => {
      if (!line.startsWith('{"listening"')) return undefined
      return (JSON.parse(line) as { listening: { core: number } }).listening
    },
  )
}

async function lxi(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('lxi', ['scpi', '--address', '127.0.0.1', ...args], {
    timeout: 20_000,
  })
  return stdout.trim()
}

describe('programs that others wrote take a simulator for an instrument', { timeout: 60_000 }, () => {
  it('PyVISA over a raw socket', async () => {
    await using instrument = await startCtp10(['--swept'])
    const said = await runVisaScript(instrument.ready.resource.replace('TCPIP::', 'TCPIP0::'), 50, 1, BLOCK)
    expect(said).toMatchObject({ identity: 'EXFO,CTP10,SIM000001,1.5.0', points: POINTS })
    expect(said.first).toBeLessThan(0)
  })

  it('lxi-tools over a raw socket', async () => {
    await using instrument = await startCtp10()
    const said = await lxi('--raw', '--port', String(instrument.ready.port), '*IDN?')
    expect(said).toBe('EXFO,CTP10,SIM000001,1.5.0')
  })

  it.runIf(portmapperIsFree)('PyVISA and lxi-tools over VXI-11', async () => {
    await using instrument = await startVxi11()
    expect(instrument.ready.core).toBeGreaterThan(0)
    const said = await runVisaScript('TCPIP0::127.0.0.1::inst0::INSTR', 50, 1, BLOCK)
    expect(said).toMatchObject({ identity: 'EXFO,CTP10,SIM000001,1.5.0', points: POINTS })
    expect(await lxi('*IDN?')).toBe('EXFO,CTP10,SIM000001,1.5.0')
  })
})

describe('programs that others wrote share an instrument with the bridge', { timeout: 60_000 }, () => {
  const seen = { identity: 'EXFO,CTP10,SIM000001,1.5.0', points: POINTS, then: '1' }

  /** The real bridge with a CTP10 that has been swept, and where it is shared. */
  async function shareCtp10(config: Record<string, unknown>): Promise<AsyncDisposable & { port: number }> {
    await using stack = new AsyncDisposableStack()
    const { resource } = stack.use(await startCtp10(['--swept'])).ready
    const share = { port: 0, ...config }
    const dut = { driver: 'instrument.exfo-ctp10', title: 'Tester', resource, share }
    const bridge = stack.use(await startBridge(await writeBench({ devices: { dut } })))
    const shared = (): string =>
      bridge.output.find((line) => line.includes('shared with other programs')) ?? ''
    const port = Number(/"port":(\d+)/.exec(shared())?.[1])
    // A program that comes before the instrument is there is turned away.
    await expect
      .poll(() => bridge.output.join('\n'), { timeout: 20_000 })
      .toContain('"device":"dut","msg":"the device is ready"')
    const all = stack.move()
    return { port, [Symbol.asyncDispose]: () => all.disposeAsync() }
  }

  it('PyVISA and lxi-tools over a raw socket, with the lock of raw sockets', async () => {
    await using shared = await shareCtp10({ clients: [{ name: 'lab', address: '127.0.0.1', mayEmit: true }] })
    const said = await runVisaShare(`TCPIP0::127.0.0.1::${shared.port}::SOCKET`, BLOCK)
    expect(said).toMatchObject({ ...seen, none: '0,"No error"', heldOff: 'VI_ERROR_TMO' })
    expect(said.error).toMatch(/^-113,"Undefined header/)
    expect(said.first).toBeLessThan(0)
    expect(await lxi('--raw', '--port', String(shared.port), '*IDN?')).toBe(seen.identity)
  })

  it.runIf(portmapperIsFree)('PyVISA and lxi-tools over VXI-11, with the lock of VXI-11', async () => {
    await using _ = await shareCtp10({ portmapperPort: PORTMAPPER })
    const said = await runVisaShare('TCPIP0::127.0.0.1::inst0::INSTR', BLOCK)
    expect(said).toMatchObject({ ...seen, none: '0,"No error"', heldOff: 'VI_ERROR_IO' })
    // It might switch light on, which nobody allowed this program.
    expect(said.error).toMatch(/^-203,"Command protected;FOO:BAR/)
    expect(said.first).toBeLessThan(0)
    expect(await lxi('*IDN?')).toBe(seen.identity)
  })
})
