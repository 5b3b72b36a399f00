import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { startCtp10 } from '../support/bench-process.ts'
import { Program } from '../support/process.ts'
import { runVisaScript } from '../support/visa.ts'

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
    'bridge/sim/vxi11/main.ts',
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
