import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../simulators/ctp10/main.ts', import.meta.url))
const trace = ':TRAC:SENS4:CHAN1:TYPE1:DATA'

/** A connection that reads by lines and by counts; what is over stays for the next read. */
class Client {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #chunks: Buffer[] = []
  #wake: () => void = () => undefined

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#wake()
    })
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => this.#wake())
  }

  write(command: string): void {
    this.socket.write(`${command}\n`)
  }

  async #more(deadline: number): Promise<void> {
    if (this.#chunks.length === 0) {
      if (this.socket.destroyed) throw new Error('closed')
      const timer = setTimeout(() => this.#wake(), Math.max(0, deadline - Date.now()))
      await new Promise<void>((resolve) => (this.#wake = resolve))
      clearTimeout(timer)
    }
    if (this.#chunks.length === 0 && Date.now() >= deadline - 2) throw new Error('timeout')
    this.#received = Buffer.concat([this.#received, ...this.#chunks.splice(0)])
  }

  async bytes(count: number, timeout = 3000): Promise<Buffer> {
    const deadline = Date.now() + timeout
    while (this.#received.length < count) await this.#more(deadline)
    const taken = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return taken
  }

  async line(timeout = 3000): Promise<string> {
    const deadline = Date.now() + timeout
    for (;;) {
      const end = this.#received.indexOf('\r\n')
      if (end >= 0) return (await this.bytes(end + 2)).subarray(0, end).toString('latin1')
      await this.#more(deadline)
    }
  }

  ask(query: string, timeout?: number): Promise<string> {
    this.write(query)
    return this.line(timeout)
  }

  async block(query: string): Promise<Buffer> {
    this.write(query)
    const digits = Number((await this.bytes(2)).toString().slice(1))
    const body = await this.bytes(Number((await this.bytes(digits)).toString()))
    expect((await this.bytes(2)).toString()).toBe('\r\n')
    return body
  }

  async idle(timeout = 5000): Promise<void> {
    expect(await this.ask('*OPC?', timeout)).toBe('1')
    expect(await this.ask(':STAT:OPER:COND?')).toBe('0')
  }
}

class Simulator implements AsyncDisposable {
  readonly process: ChildProcess
  readonly port: number
  #clients: Client[] = []

  constructor(process: ChildProcess, port: number) {
    this.process = process
    this.port = port
  }

  client(): Client {
    const client = new Client(this.port)
    this.#clients.push(client)
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.#clients) socket.destroy()
    if (this.process.exitCode !== null) return
    this.process.kill('SIGTERM')
    await once(this.process, 'exit')
    expect(this.process.exitCode).toBe(0)
  }
}

async function start(...options: string[]): Promise<Simulator> {
  const child = spawn(process.execPath, [main, '--port', '0', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [first] = (await once(child.stdout, 'data')) as [Buffer]
  const said: unknown = JSON.parse(first.toString())
  expect(said).toEqual({ listening: { host: '127.0.0.1', port: expect.any(Number) as number } })
  return new Simulator(child, (said as { listening: { port: number } }).listening.port)
}

const floats = (bytes: Buffer): number[] =>
  Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatBE(i * 4))

describe.concurrent('the simulated CTP10', () => {
  it('speaks SCPI: forms, nodes, errors, registers', async ({ expect }) => {
    await using simulator = await start()
    const client = simulator.client()
    expect(await client.ask('*IDN?')).toBe('EXFO,CTP10,SIM000001,1.5.0')
    expect(await client.ask('*idn?\r')).toBe('EXFO,CTP10,SIM000001,1.5.0')
    expect(await client.ask('*ESR?')).toBe('128')
    expect(await client.ask(':INITiate:WAVelength:STARt?')).toBe('1.52000000E-006')
    expect(await client.ask('init:wav:star?;stop?;*OPC?;samp?')).toBe(
      '1.52000000E-006;1.61400000E-006;1;1.00000000E-012',
    )
    client.write('FOO:BAR')
    client.write(':FOO:BAR?')
    expect(await client.ask('*STB?;*ESR?')).toBe('4;32')
    expect(await client.ask('SYST:ERR?')).toBe('-113,"Undefined header;FOO:BAR"')
    expect(await client.ask('SYSTem:ERRor?')).toBe('-113,"Undefined header;:FOO:BAR?"')
    expect(await client.ask('SYST:ERR?')).toBe('0,"No error"')
    for (let i = 0; i < 20; i++) client.write(`NO${i}:SUCH`)
    const errors: string[] = []
    while (errors.at(-1) !== '0,"No error"') errors.push(await client.ask(':SYST:ERR?'))
    expect(errors).toHaveLength(17)
    expect(errors[0]).toContain('NO0:SUCH')
    expect(errors[15]).toBe('-350,"Queue overflow"')
  })

  it('changes nothing when a write is refused', async ({ expect }) => {
    await using simulator = await start()
    const client = simulator.client()
    const refused: [string, string, string, string][] = [
      [':INIT:TLS1:SPE 34', '-224', ':INIT:TLS1:SPE?', '100'],
      [':INIT:TLS1:POW 11DBM', '-222', ':INIT:TLS1:POW?', '1.00000000E+001'],
      [':INIT:WAV:SAMP 0.3PM', '-224', ':INIT:WAV:SAMP?', '1.00000000E-012'],
      [':INIT:WAV:SAMP', '-109', ':INIT:WAV:SAMP?', '1.00000000E-012'],
      [':INIT:WAV:STAR 1200NM', '-222', ':INIT:WAV:STAR?', '1.52000000E-006'],
      [':INIT:STAB 1,61', '-222', ':INIT:STAB?', '1,0'],
      [':CTP:SENS4:CHAN1:WAV 1700NM', '-222', ':CTP:SENS4:CHAN1:WAV?', '1.55000000E-006'],
      [':CTP:SENS4:CHAN1:UNIT:Y KG', '-224', ':CTP:SENS4:CHAN1:UNIT:Y?', '0'],
      [':CTP:SENS9:CHAN1:UNIT:Y MW', '-241', ':CTP:SENS4:CHAN1:UNIT:Y?', '0'],
      [':CTP:SENS21:CHAN1:UNIT:Y MW', '-114', ':CTP:SENS4:CHAN1:UNIT:Y?', '0'],
      [':INIT:TLS1:WAV:STAR 1550DBM', '-131', ':INIT:TLS1:WAV:STAR?', '1.52000000E-006'],
    ]
    for (const [write, code, query, answer] of refused) {
      client.write(write)
      expect(await client.ask('SYST:ERR?'), write).toMatch(new RegExp(`^${code},`))
      expect(await client.ask(query), write).toBe(answer)
    }
  })

  it('takes settings in every unit and answers in its own', async ({ expect }) => {
    await using simulator = await start()
    const client = simulator.client()
    client.write(':INIT:TLS1:WAV:STAR 1550NM;STOP 1560NM;:INIT:TLS1:SPE 50;POW 5DBM;TRIG 3')
    client.write(':INIT:STAB ON,5.6;:CTP:RLAS2:POW 1MW;POW:STAT OFF;:CTP:RLAS2:WAV 230THZ')
    expect(await client.ask(':INIT:WAV:STAR?;STOP?')).toBe('1.55000000E-006;1.56000000E-006')
    expect(await client.ask(':INIT:TLS1:SPE?;POW?;TRIG?')).toBe('50;5.00000000E+000;3')
    expect(await client.ask(':INIT:STAB?')).toBe('1,5.6')
    expect(await client.ask(':CTP:RLAS2:POW?;POW:STAT?')).toBe('0.00000000E+000;0')
    expect(await client.ask('SYST:ERR?')).toBe('0,"No error"')
  })

  it('lets one end of the span push the other', async ({ expect }) => {
    await using simulator = await start()
    const client = simulator.client()
    client.write(':INIT:WAV:STAR 1620NM')
    expect(await client.ask(':INIT:WAV:STAR?;STOP?')).toBe('1.62000000E-006;1.62010000E-006')
  })

  it('answers #10 and -230 while there is no trace', async ({ expect }) => {
    await using simulator = await start()
    const client = simulator.client()
    expect(await client.ask(`${trace}:LENG?`)).toBe('0')
    expect(await client.block(`${trace}? BIN,DB`)).toHaveLength(0)
    expect(await client.ask('SYST:ERR?')).toMatch(/^-230,/)
  })

  it('gives every kind of trace, in binary and in ASCII', async ({ expect }) => {
    await using simulator = await start('--swept', '--speed-up', '1000')
    const client = simulator.client()
    expect(await client.ask(`${trace}:LENG?`)).toBe('94001')
    client.write(':INIT:TLS1:WAV:STAR 1550NM;STOP 1551NM;:INIT:WAV:SAMP 10PM;:INIT')
    await client.idle()
    const kind = (channel: number, type: number) => `:TRAC:SENS4:CHAN${channel}:TYPE${type}:DATA?`
    const through = floats(await client.block(`${kind(1, 1)} BIN,DB`))
    const live = floats(await client.block(`${kind(1, 11)} BIN,DB`))
    const reference = floats(await client.block(`${kind(1, 12)} BIN,DB`))
    expect(through).toHaveLength(101)
    expect(reference[50]).toBeCloseTo(8.8, 1)
    expect((live[20] ?? 0) - (reference[20] ?? 0)).toBeCloseTo(through[20] ?? 0, 0)
    const milliwatts = floats(await client.block(`${kind(3, 11)} BIN,Y`))
    expect(milliwatts[0]).toBeCloseTo(10, 1)
    const ascii = (await client.ask(`${kind(1, 1)} ASC,DB`)).split(',')
    expect(ascii[0]).toMatch(/^-\d\.\d{8}E\+00\d$/)
    expect(ascii.map(Number).map(Math.fround)).toEqual(through)
    expect(await client.ask(`${trace}:X? ASC,M`)).toMatch(/^1\.55000000E-006,1\.55001000E-006,/)
    expect(await client.ask(':TRAC:SENS4:CHAN1:TYPE2:DATA:LENG?')).toBe('0')
  })

  it('sweeps differ a little', async ({ expect }) => {
    await using simulator = await start('--speed-up', '1000')
    const client = simulator.client()
    client.write(':INIT:TLS1:WAV:STAR 1550NM;STOP 1554NM')
    const swept: number[][] = []
    for (let i = 0; i < 2; i++) {
      client.write(':INIT')
      await client.idle()
      swept.push(floats(await client.block(`${trace}? BIN,DB`)))
    }
    const [first = [], second = []] = swept
    const difference = first.map((value, i) => Math.abs(value - (second[i] ?? 0))).toSorted((a, b) => a - b)
    expect(difference[difference.length >> 1]).toBeGreaterThan(0)
    expect(difference[difference.length >> 1]).toBeLessThan(0.1)
  })

  it('takes a reference, and tells when', async ({ expect }) => {
    await using simulator = await start('--speed-up', '50')
    const client = simulator.client()
    expect(await client.ask(':REF:SENS4:CHAN1:RES?')).toBe('0')
    expect(await client.ask(':REF:SENS4:CHAN1:INIT;:STAT:OPER:COND?')).toBe('64')
    await client.idle()
    expect(await client.ask(':REF:SENS4:CHAN1:RES?')).toMatch(/^1,0,\d{8},\d{6}$/)
  })

  it('sweeps on in continuous mode until it is aborted', async ({ expect }) => {
    await using simulator = await start('--speed-up', '50')
    const client = simulator.client()
    client.write(':INIT:SMOD CONT;:INIT:TLS1:WAV:STAR 1550NM;STOP 1551NM;:INIT:IMM')
    await sleep(150)
    expect(await client.ask(':STAT:OPER:COND?')).not.toBe('0')
    expect(await client.ask(':ABOR;:STAT:OPER:COND?')).toBe('16')
    await client.idle()
  })

  it('serves one client at a time', async ({ expect }) => {
    await using simulator = await start()
    const first = simulator.client()
    expect(await first.ask('*OPC?')).toBe('1')
    const second = simulator.client()
    await once(second.socket, 'close')
    expect(await first.ask('*OPC?')).toBe('1')
    for (let i = 0; i < 20; i++) {
      const client = simulator.client()
      client.socket.destroy()
    }
    first.socket.destroy()
    expect(await simulator.client().ask('*OPC?')).toBe('1')
  })

  it('acts on an abort while a block is on its way', async ({ expect }) => {
    await using simulator = await start('--swept', '--rate', '1MB/s')
    const client = simulator.client()
    client.write(`:INIT:IMM;${trace}? BIN,DB`)
    await client.bytes(20_000)
    client.write(':ABOR;:STAT:OPER:COND?')
    const rest = 8 + 376_004 + 2 - 20_000
    const began = performance.now()
    await client.bytes(rest)
    expect(performance.now() - began).toBeGreaterThan(100)
    // Asked in the middle of the block, answered after it: what held then, not what holds now.
    expect(await client.line()).toBe('16')
    expect(await client.ask(':STAT:OPER:COND?')).toBe('0')
  })

  it('drops the line at the next query', async ({ expect }) => {
    await using simulator = await start()
    const client = simulator.client()
    client.write(':SIM:FAULT:DROP')
    client.write('*CLS')
    await expect(client.ask('*IDN?')).rejects.toThrow('closed')
    expect(await simulator.client().ask('*OPC?')).toBe('1')
  })

  it('is silent at the next query, once', async ({ expect }) => {
    await using simulator = await start()
    const client = simulator.client()
    client.write(':SIMulator:FAULt:SILent')
    await expect(client.ask('*IDN?', 100)).rejects.toThrow('timeout')
    expect(await client.ask('*OPC?')).toBe('1')
  })

  it('answers the next query late, and the one after it later still', async ({ expect }) => {
    await using simulator = await start()
    const client = simulator.client()
    client.write(':SIM:FAUL:LATE 0.3')
    const began = performance.now()
    client.write('*IDN?')
    expect(await client.ask('*OPC?')).toMatch(/^EXFO/)
    expect(performance.now() - began).toBeGreaterThan(280)
    expect(await client.line()).toBe('1')
  })

  it('sends half of the next block, then nothing', async ({ expect }) => {
    await using simulator = await start('--swept')
    const client = simulator.client()
    client.write(`:SIM:FAUL:HALF;${trace}? BIN,DB`)
    expect((await client.bytes(8)).toString()).toBe('#6376004')
    await client.bytes(188_002)
    await expect(client.bytes(1, 100)).rejects.toThrow('timeout')
    expect(await client.block(`${trace}? BIN,DB`)).toHaveLength(376_004)
  })

  it('announces a huge block', async ({ expect }) => {
    await using simulator = await start('--swept')
    const client = simulator.client()
    client.write(`:SIM:FAUL:LENG;${trace}? BIN,DB`)
    expect((await client.bytes(11)).toString()).toBe('#9999999999')
  })

  it('changes its rate while it runs', async ({ expect }) => {
    await using simulator = await start('--swept')
    const client = simulator.client()
    await client.block(`${trace}? BIN,DB`)
    client.write(':SIM:RATE 1e6')
    const began = performance.now()
    await client.block(`${trace}? BIN,DB`)
    const slow = performance.now() - began
    expect(slow).toBeGreaterThan(330)
    expect(slow).toBeLessThan(2000)
    client.write(':SIM:RATE 1000')
    client.write(`${trace}? BIN,DB`)
    client.write(':SIM:RATE 0')
    await client.bytes(376_014)
  })

  it('goes with its parent when told to', async ({ expect }) => {
    await using simulator = await start('--with-parent')
    simulator.process.stdin?.end()
    const [code] = (await once(simulator.process, 'exit')) as [number]
    expect(code).toBe(0)
  })
})

// On their own: the first would miss a state that passes in 0.2 s, the second would hold up the rest.
it('sweeps for as long as span and speed imply, through its states to 0', async () => {
  await using simulator = await start()
  const client = simulator.client()
  client.write(':INIT:TLS1:WAV:STAR 1550NM;STOP 1560NM;:INIT:TLS1:SPE 20')
  expect(await client.ask(':INIT:IMM;:STAT:OPER:COND?')).toBe('512')
  const began = performance.now()
  client.write(':INIT')
  expect(await client.ask('SYST:ERR?')).toMatch(/^-213,/)
  const times = new Map<string, number>()
  const powers = new Set<string>()
  for (let state = ''; state !== '0'; await sleep(5)) {
    state = await client.ask(':STAT:OPER:COND?')
    if (!times.has(state)) times.set(state, performance.now() - began)
    if (state === '4') powers.add(await client.ask(':CTP:SENS4:CHAN1:POW?'))
  }
  expect([...times.keys()]).toEqual(['512', '4', '8', '0'])
  // 10 nm at 20 nm/s; at half of it, a second.
  const scanned = (times.get('8') ?? 0) - (times.get('4') ?? 0)
  expect(scanned).toBeGreaterThan(400)
  expect(scanned).toBeLessThan(950)
  expect(powers.size).toBeGreaterThan(5)
  expect(await client.ask(`${trace}:LENG?;SAMP?;STAR?`)).toBe('10001;1.00000000E-012;1.55000000E-006')
})

it('keeps a trace of 940,001 points as it was swept', async () => {
  await using simulator = await start('--speed-up', '1000')
  const client = simulator.client()
  client.write(':INIT:WAV:SAMP 0.1PM;:INIT:IMM')
  await client.idle()
  client.write(':INIT:WAV:SAMP 10PM;STAR 1550NM')
  expect(await client.ask(`${trace}:LENG?`)).toBe('940001')
  client.write(`${trace}? BIN,DB`)
  expect((await client.bytes(9)).toString()).toBe('#73760004')
  const values = floats(await client.bytes(3_760_004))
  expect(await client.line()).toBe('')
  expect(values.every((value) => value < 0 && value > -60)).toBe(true)
  // A comb: light gets through nearly everywhere, and dips by 8 dB or more some forty times.
  const level = values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
  let dips = 0
  let below = false
  for (const value of values) {
    if (!below && value < level - 7) dips++
    below = value < level - (below ? 3 : 7)
  }
  expect(level).toBeGreaterThan(-8)
  expect(dips).toBeGreaterThan(33)
  expect(dips).toBeLessThan(45)
  client.write(`${trace}:X? BIN,M`)
  expect((await client.bytes(9)).toString()).toBe('#77520008')
  const x = await client.bytes(7_520_008)
  expect(await client.line()).toBe('')
  expect([0, 1, 940_000].map((i) => x.readDoubleBE(i * 8))).toEqual([1.52e-6, 1.5200001e-6, 1.614e-6])
})
