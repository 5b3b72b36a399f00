import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { provesSafe, safePlan } from '../../bridge/core/safe-plan.ts'
import { safePlanOf as ctp10Plan } from '../../bridge/instrument/ctp10/safe-plan.ts'
import { entriesOf } from '../../bridge/instrument/declared/entries.ts'
import { declaration } from '../../bridge/instrument/declared/declaration.ts'
import { parseSpec } from '../../bridge/instrument/declared/parse-spec.ts'
import { safePlanOf } from '../../bridge/instrument/declared/safe-plan.ts'
import { parseAnswer } from '../../bridge/instrument/declared/value.ts'
import { startCtp10, startLaser } from '../support/bench-process.ts'
import { callerAs } from '../support/caller.ts'
import { carryOut } from '../support/carry-out.ts'
import { NotedGuard } from '../support/guard.ts'
import { listen } from '../support/instrument.ts'
import { Program } from '../support/process.ts'
import { call, openCtp10 } from '../instrument/ctp10-rig.ts'
import { openDeclared } from '../instrument/declared-rig.ts'

const RAW = 'TCPIP0::127.0.0.1::5025::SOCKET'
const output = { query: ':OUTP?', command: ':OUTP {value}', type: 'boolean', emits: true }

function planOf(declared: object, resource = RAW): ReturnType<typeof safePlanOf> {
  return safePlanOf(entriesOf(declaration.parse(declared)), resource, undefined)
}

describe('the plan of a declared instrument', () => {
  it('is its safe commands, and the switches that are read back', () => {
    const plan = planOf({ channels: [1, 2], safe: [':OUTP{channel} OFF'], settings: { output } })
    expect(plan).toEqual({
      ...{ resource: RAW, wire: undefined, guard: 'takeover', clearing: '\n' },
      messages: [':OUTP1 OFF\n', ':OUTP2 OFF\n'],
      proofs: [{ ask: ':OUTP?\n', answer: '', safe: expect.any(String), deadlineMs: 3000 }],
    })
    expect(safePlan.parse(plan)).toEqual(plan)
  })

  it('is proven by the error queue where no switch is read back, and by nothing where there is none', () => {
    const safe = [':OUTP OFF']
    expect(planOf({ safe })?.proofs).toMatchObject([{ ask: ':SYST:ERR?\n', once: true }])
    const [queue] = planOf({ safe })?.proofs ?? []
    for (const [answer, safe] of [
      ['0,"No error"', true],
      ['+0,"No error"', true],
      ['-113,"Undefined header"', false],
      ['10,"Something of its own"', false],
      ['', false],
    ] as const)
      expect([answer, queue && provesSafe(queue, answer)]).toEqual([answer, safe])
    expect(planOf({ safe, errors: 'none' })?.proofs).toEqual([])
    expect(planOf({})).toBeUndefined()
  })

  it.each([
    ['TCPIP0::h::5025::SOCKET', 'takeover', '\n'],
    ['ASRL/dev/ttyUSB0::INSTR', 'takeover', '\n'],
    ['TCPIP0::h::hislip0::INSTR', 'standby', ''],
    ['TCPIP0::h::inst0::INSTR', 'standby', ''],
  ])('has a second connection where the wire serves several clients: %s', (resource, guard, clearing) => {
    expect(planOf({ safe: [':OUTP OFF'] }, resource)).toMatchObject({ guard, clearing })
    expect(planOf({ safe: [':OUTP OFF'], guard: 'standby' }, resource)?.guard).toBe('standby')
  })

  it.each([
    [{}],
    [{ yes: ['OPEN'], no: ['SHUT'] }],
    [{ yes: ['0'], no: ['1'] }],
    [{ yes: ['OFF'], no: ['ON'] }],
    [{ index: 1 }],
    [{ index: 2, separator: ';' }],
    [{ regex: '^OUT(\\d) (\\w+)$', group: 2 }],
    [{ regex: 'STAT=(.*)', index: 0 }],
  ])('believes what the driver takes for off, and nothing else: %j', (parse) => {
    const [proof] = planOf({ safe: [':OUTP OFF'], settings: { output: { ...output, parse } } })?.proofs ?? []
    const spec = parseSpec.parse(parse)
    const words = ['0', '1', 'ON', 'off', '"OFF"', "'0'", '0.0', '+0', '-0E3', '2', 'OPEN', 'shut', '', 'x0']
    const answers = words.flatMap((word) => [
      word,
      `${word},1`,
      `1,${word}`,
      `1;1;${word}`,
      `OUT0 ${word}`,
      `STAT=${word},1`,
    ])
    for (const answer of answers) {
      const off = parseAnswer(answer, spec, 'boolean').value === false
      // Where 0 means on, no other way of writing it is believed to mean off.
      const believed = off && !(spec.yes.includes('0') && Number(answer) === 0)
      expect([answer, proof && provesSafe(proof, answer)]).toEqual([answer, believed])
    }
  })
})

it('of a CTP10 takes its one connection over, ends sweeps and every laser, and is proven by each and by the register', () => {
  const plan = ctp10Plan(RAW, undefined, [1, 3])
  expect(plan).toMatchObject({
    guard: 'takeover',
    messages: [':ABOR\n', ':CTP:RLAS1:POW:STAT OFF\n', ':CTP:RLAS3:POW:STAT OFF\n'],
    proofs: [
      { ask: ':CTP:RLAS1:POW:STAT?\n' },
      { ask: ':CTP:RLAS3:POW:STAT?\n' },
      { ask: ':STAT:OPER:COND?\n' },
    ],
  })
  expect(safePlan.parse(plan)).toEqual(plan)
  const [laser, , register] = plan.proofs
  const believed = (proof: typeof laser, answers: string[]): string[] =>
    answers.filter((answer) => proof && provesSafe(proof, answer))
  expect(believed(laser, ['0', 'OFF', '1', 'ON', '', '00', 'ERR'])).toEqual(['0', 'OFF'])
  expect(believed(register, ['0', '+0', '0.0E+000', '4', '16', '', '10'])).toEqual(['0', '+0', '0.0E+000'])
})

/** One question on a connection of its own. */
async function ask(port: number, question: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(`${question}\n`)
    const [line] = (await once(createInterface(socket), 'line')) as [string]
    return line
  } finally {
    socket.destroy()
  }
}

const portIn = (resource: string): number => Number(/::(\d+)::SOCKET$/.exec(resource)?.[1])

describe('with nothing but transport and core, the plan that the driver gave', () => {
  it('ends the light of a declared laser', async () => {
    await using laser = await startLaser()
    const guard = new NotedGuard()
    const { device } = await openDeclared({ ...laser.ready, model: 'lightbench-test-laser' }, guard)
    await device[Symbol.asyncDispose]()
    const { plan } = guard
    expect(plan).toBeDefined()
    const port = portIn(laser.ready.resource)
    expect(await ask(port, ':OUTP ON;:OUTP?')).toBe('1')
    expect(plan && (await carryOut(plan))).toBe(1)
    expect(await ask(port, ':OUTP?')).toBe('0')
  })

  it('ends the sweep and the lasers of a CTP10', async () => {
    await using ctp10 = await startCtp10()
    const guard = new NotedGuard()
    const { device } = await openCtp10(ctp10.ready.resource, {}, guard)
    await call(device, 'ctp.read', {})
    await device[Symbol.asyncDispose]()
    const port = portIn(ctp10.ready.resource)
    expect(await ask(port, ':CTP:RLAS2:POW:STAT ON;:INIT;:CTP:RLAS2:POW:STAT?')).toBe('1')
    expect(guard.plan && (await carryOut(guard.plan))).toBeGreaterThanOrEqual(1)
    expect(await ask(port, ':CTP:RLAS1:POW:STAT?;:CTP:RLAS2:POW:STAT?;:STAT:OPER:COND?')).toBe('0;0;0')
  })

  it.each([
    ['hislip', ['--port', '0'], 'port', (port: number) => [`TCPIP::127.0.0.1::hislip0,${port}::INSTR`, {}]],
    [
      'vxi11',
      ['--portmapper', '0'],
      'core',
      (port: number) => ['TCPIP::127.0.0.1::inst0::INSTR', { vxi11: { corePort: port } }],
    ],
  ] as const)('works beside a connection that stays, over %s', async (name, args, port, at) => {
    await using simulator = await Program.start(`simulators/${name}/main.ts`, [...args], (line) => {
      const found = new RegExp(`"${port}":(\\d+)`).exec(line)?.[1]
      return found === undefined ? undefined : Number(found)
    })
    const [resource, wire] = at(simulator.ready)
    const guard = new NotedGuard()
    const laser = {
      query: ':CTP:RLAS1:POW:STAT?',
      command: ':CTP:RLAS1:POW:STAT {value}',
      type: 'boolean',
      emits: true,
      everyMs: 3_600_000,
    }
    const safe = [':CTP:RLAS1:POW:STAT OFF']
    const { device } = await openDeclared({ resource, wire, safe, settings: { laser } }, guard)
    onTestFinished(() => device[Symbol.asyncDispose]())
    const caller = callerAs()
    await device.commands['instrument.emit']?.({ device: 'dut', setting: 'laser', value: true }, caller)
    expect(guard.plan).toMatchObject({ guard: 'standby', clearing: '' })
    expect(guard.plan && (await carryOut(guard.plan))).toBe(1)
    const read = device.commands['instrument.read']?.({ device: 'dut', name: 'laser' }, caller)
    expect(await read).toMatchObject({ value: false })
  })

  it('does not take the error of a half message for one of its own: it sends again before it asks again', async () => {
    const errors: string[] = []
    const done: string[] = []
    await using instrument = await listen((line, socket) => {
      if (line === ':SYST:ERR?') socket.write(`${errors.shift() ?? '0,"No error"'}\n`)
      else if (line === ':OUTP OFF') done.push(line)
    })
    errors.push('-113,"Undefined header;OUTP1 O"')
    const plan = planOf({ safe: [':OUTP OFF'] }, `TCPIP::127.0.0.1::${instrument.port}::SOCKET`)
    expect(plan && (await carryOut(plan))).toBe(2)
    expect(done).toHaveLength(2)
  })
})
