import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { Session } from '../../bridge/instrument/scpi/session.ts'
import { Instrument } from '../../simulators/ctp10/instrument.ts'
import { serve as serveHislip } from '../../simulators/hislip/server.ts'
import { serve as serveVxi11 } from '../../simulators/vxi11/server.ts'
import { openResource, wireOptions } from '../../bridge/transport/resource.ts'

const DEADLINE_MS = 60
const LATE_MS = 100
const SETTLE_MS = 20_000

/** One instrument and how it is reached. `ask` names a question and what alone is its answer. */
interface Patient extends AsyncDisposable {
  resource: string
  options: object
  faults: readonly string[]
  /** Makes the next answer go wrong. */
  arm(fault: string, session: Session): Promise<void> | void
  ask(n: number): { question: string; answer: RegExp }
}

async function drip(socket: Socket, text: string): Promise<void> {
  for (const byte of text) {
    socket.write(byte)
    await sleep(5)
  }
}

/** A server on a raw socket that answers `Q<n>?` with `A<n>`, and does with the next one what it is told. */
async function rawPatient(): Promise<Patient> {
  const sockets = new Set<Socket>()
  let fault = ''
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    socket.on('data', (data) => {
      for (const line of data.toString('latin1').split('\n').slice(0, -1))
        answer(socket, `${line.replace(/^Q(\d+)\?$/, 'A$1')}\n`)
    })
  })
  function answer(socket: Socket, text: string): void {
    const met = fault
    fault = ''
    switch (met) {
      case 'drop':
        socket.destroy()
        return
      case 'reset':
        socket.resetAndDestroy()
        return
      case 'silence':
        return
      case 'late':
        setTimeout(() => socket.write(text), LATE_MS)
        return
      case 'half':
        socket.write(text.slice(0, 2))
        socket.destroy()
        return
      case 'stuck half':
        socket.write(text.slice(0, 2))
        return
      case 'drip':
        void drip(socket, text)
        return
      case 'garbage after':
        socket.write(`${text}\0\xff\n\r#9999999999`)
        return
      case 'endless line':
        socket.write('x'.repeat(2 << 20))
        return
      default:
        socket.write(text)
    }
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    resource: `TCPIP::127.0.0.1::${(server.address() as AddressInfo).port}::SOCKET`,
    options: {},
    faults: [
      'drop',
      'reset',
      'silence',
      'late',
      'half',
      'stuck half',
      'drip',
      'garbage after',
      'endless line',
    ],
    arm: (next) => void (fault = next),
    ask: (n) => ({ question: `Q${n}?`, answer: new RegExp(`^A${n}$`) }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Questions to a CTP10 whose answers cannot be taken for one another's. */
const questions = [
  { question: '*IDN?', answer: /^EXFO,CTP10,/ },
  { question: ':SYST:ERR?', answer: /^-?\d+,"/ },
  { question: ':STAT:OPER:COND?', answer: /^\d+$/ },
  { question: ':TRAC:SENS4:CHAN1:TYPE1:DATA:STAR?', answer: /^\d\.\d+E/i },
] as const
const instrumentFaults = [':SIM:FAUL:DROP', ':SIM:FAUL:SIL', `:SIM:FAUL:LATE ${LATE_MS / 1000}`]

function simulated(
  said: object,
  options: object,
  resource: string,
  faults: string[],
  server: AsyncDisposable,
): Patient {
  expect(said).toBeDefined()
  return {
    resource,
    options,
    faults: [...instrumentFaults, ...faults],
    arm: (fault, session) => session.run('control', (wire) => Promise.resolve(wire.write(fault))),
    ask: (n) => questions[n % questions.length] ?? questions[0],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function instrument(): Instrument {
  return new Instrument({ modules: 4, seed: 1, speedUp: 1, rate: 0, swept: true })
}

async function hislipPatient(overlap: boolean): Promise<Patient> {
  const server = await serveHislip(instrument(), { host: '127.0.0.1', port: 0, overlap })
  const { port } = server.said as { port: number }
  const faults = ['ID', 'ID:UNKN', 'HUGE', 'HEAD', 'HALF', 'CLE'].map((name) => `:SIM:WIRE:${name}`)
  return simulated(server.said, {}, `TCPIP::127.0.0.1::hislip0,${port}::INSTR`, faults, server)
}

async function vxi11Patient(): Promise<Patient> {
  const server = await serveVxi11(instrument(), { host: '127.0.0.1', portmapper: 0, core: 0 })
  const { core } = server.said as { core: number }
  const faults = ['XID', 'HUGE', 'HALF', 'FRAG'].map((name) => `:SIM:WIRE:${name}`)
  return simulated(
    server.said,
    { vxi11: { corePort: core } },
    'TCPIP::127.0.0.1::inst0::INSTR',
    faults,
    server,
  )
}

/** A session that is opened again when it is lost, as the supervisor does; every loss has its reason. */
class Doctor implements Disposable {
  readonly #patient: Patient
  #session: Session | undefined
  losses = 0

  constructor(patient: Patient) {
    this.#patient = patient
  }

  async session(): Promise<Session> {
    this.#session ??= await Session.open({
      device: 'dut',
      open: openResource(this.#patient.resource, wireOptions.parse(this.#patient.options)),
      signal: AbortSignal.timeout(SETTLE_MS),
      lost: (error) => {
        expect(error).toBeInstanceOf(BenchError)
        expect(error.message).not.toBe('')
        this.losses += 1
        this.#session = undefined
      },
    })
    return this.#session
  }

  /** Asks once. Answers whether an answer came; a wrong one fails the test. */
  async ask(n: number): Promise<boolean> {
    const { question, answer } = this.#patient.ask(n)
    let said: string
    try {
      said = await (await this.session()).query(question, { deadlineMs: DEADLINE_MS })
    } catch (error) {
      expect(error, String((error as Error).stack)).toBeInstanceOf(BenchError)
      return false
    }
    expect(said, `the answer to ${question}`).toMatch(answer)
    return true
  }

  [Symbol.dispose](): void {
    this.#session?.[Symbol.dispose]()
  }
}

/** Injects so many faults, one after the other; expects that it is usable again after each, and never gives an answer to the wrong question. */
async function treat(patient: Patient, injected: number, seed: number): Promise<void> {
  using doctor = new Doctor(patient)
  let n = seed * 100_000
  for (let i = 0; i < injected; i++) {
    const fault = patient.faults[(i + seed) % patient.faults.length] ?? ''
    try {
      await patient.arm(fault, await doctor.session())
    } catch (error) {
      expect(error).toBeInstanceOf(BenchError)
    }
    await doctor.ask(n++)
    const until = performance.now() + SETTLE_MS
    while (!(await doctor.ask(n++))) {
      expect(performance.now(), `not usable again after ${fault}`).toBeLessThan(until)
      await sleep(5)
    }
  }
}

/** The wires that there are. */
const admissions = {
  raw: rawPatient,
  hislip: () => hislipPatient(false),
  'hislip overlapped': () => hislipPatient(true),
  vxi11: vxi11Patient,
}
type Wire = keyof typeof admissions

/** So many instruments of a wire, each with so many faults one after the other. */
interface Ward {
  wire: Wire
  patients: number
  faultsEach: number
}

/** Injects all of it at the same time. Expects that no descriptor is left open. */
export async function treatAll(wards: readonly Ward[]): Promise<void> {
  const before = await descriptors()
  const treatments = wards.flatMap(({ wire, patients, faultsEach }, ward) =>
    Array.from({ length: patients }, async (_, i) => {
      await using patient = await admissions[wire]()
      await treat(patient, faultsEach, ward * 100 + i + 1)
    }),
  )
  await Promise.all(treatments)
  await expect.poll(descriptors, { timeout: 5000 }).toBeLessThanOrEqual(before)
}

async function descriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}
