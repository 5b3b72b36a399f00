import { expect, it, onTestFinished } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { callerAs } from '../support/caller.ts'
import { NotedGuard } from '../support/guard.ts'
import { listen } from '../support/instrument.ts'
import { NEVER_MS, NO_ERROR, openDeclared, type Opened } from './declared-rig.ts'

const caller = callerAs()
const device = 'dut'
const LOST = new BenchError('guardian.lost', 'the guardian is lost')
const output = { query: ':OUTP?', command: ':OUTP {value}', type: 'boolean', emits: true, everyMs: NEVER_MS }

interface Lit extends Opened {
  guard: NotedGuard
  lines: string[]
  /** What the instrument's own switch does. */
  press: (on: boolean) => void
  emit: (input: object) => Promise<unknown>
}

/** A laser whose errors are what the test says. */
async function laser(config: object = {}, { errors = [] as string[] } = {}): Promise<Lit> {
  let on = false
  const instrument = await listen((line, socket) => {
    if (line === '*IDN?') socket.write('Acme,Laser,1,2\n')
    else if (line === ':SYST:ERR?') socket.write(`${errors.shift() ?? NO_ERROR}\n`)
    else if (line === ':OUTP?') socket.write(`${on ? 1 : 0}\n`)
    else if (line === ':OUTP ON' || line === ':FIRE') on = true
    else if (line === ':OUTP OFF') on = false
    else if (line.endsWith('?')) socket.write('0\n')
  })
  const guard = new NotedGuard()
  const opened = await openDeclared(
    {
      resource: `TCPIP::127.0.0.1::${instrument.port}::SOCKET`,
      ...{ safe: [':OUTP OFF'], settings: { output }, ...config },
    },
    guard,
  )
  onTestFinished(async () => {
    await opened.device[Symbol.asyncDispose]()
    await instrument[Symbol.asyncDispose]()
  })
  const emit = (input: object): Promise<unknown> =>
    Promise.resolve(opened.device.commands['instrument.emit']?.({ device, ...input }, caller))
  return { ...opened, guard, lines: instrument.lines, press: (to) => (on = to), emit }
}

/** What the guard was told of light; why it ends is another matter. */
function told({ said }: NotedGuard): string[] {
  return said.filter((word) => !word.startsWith('ending'))
}

const on = { setting: 'output', value: true }

it('is dark once it is open, as it has said itself, and has a plan from before that', async () => {
  const { guard } = await laser()
  expect(guard.plan?.messages).toEqual([':OUTP OFF\n'])
  expect(told(guard)).toEqual(['seenDark'])
})

it('may emit before the bytes leave, and is dark by what is read back alone', async () => {
  const { guard, emit, device: opened } = await laser()
  await emit(on)
  expect(told(guard)).toEqual(['seenDark', 'mayEmit'])
  await opened.commands['instrument.set']?.({ device, ...on, value: false }, caller)
  expect(told(guard)).toEqual(['seenDark', 'mayEmit', 'seenDark'])
})

it('sends nothing that may emit where no guardian would end it', async () => {
  const actions = { fire: { commands: [':FIRE'], emits: true } }
  const traces = {
    flash: { before: [':FIRE'], query: ':DATA?', format: 'ascii', axis: { start: 0, step: 1 } },
    plain: { query: ':DATA?', format: 'ascii', axis: { start: 0, step: 1 } },
  }
  const { guard, emit, lines, device: opened } = await laser({ actions, traces })
  guard.refuse = LOST
  const trace = (name: string): Promise<unknown> =>
    Promise.resolve(opened.commands['instrument.trace']?.({ device, trace: name }, caller))
  await expect(emit(on)).rejects.toMatchObject({ code: 'guardian.lost' })
  await expect(emit({ action: 'fire' })).rejects.toMatchObject({ code: 'guardian.lost' })
  await expect(trace('flash')).rejects.toMatchObject({ code: 'guardian.lost' })
  await trace('plain')
  await opened.commands['instrument.set']?.({ device, ...on, value: false }, caller)
  expect(lines.filter((line) => line === ':OUTP ON' || line === ':FIRE')).toEqual([])
  guard.refuse = undefined
  await emit({ action: 'fire' })
  await trace('flash')
  expect(guard.said.filter((word) => word === 'mayEmit')).toHaveLength(2)
})

it('is seen to emit within a second when somebody switches it on at the instrument itself', async () => {
  const { everyMs: _, ...usual } = output
  const { guard, press } = await laser({ settings: { output: usual } })
  press(true)
  await expect.poll(() => told(guard), { timeout: 1500 }).toEqual(['seenDark', 'seenEmitting'])
  press(false)
  // While it emits it is asked several times a second.
  const begun = performance.now()
  await expect.poll(() => guard.said.at(-1)).toBe('seenDark')
  expect(performance.now() - begun).toBeLessThan(900)
})

it('is dark by its error queue where no switch is read back, and not at all where there is none', async () => {
  const config = { settings: {}, actions: { fire: { commands: [':FIRE'], emits: true } } }
  const queue = await laser(config)
  await queue.emit({ action: 'fire' })
  expect(told(queue.guard)).toEqual(['seenDark', 'mayEmit'])
  expect(await queue.device.stop()).toBe('proven')
  expect(told(queue.guard)).toEqual(['seenDark', 'mayEmit', 'seenDark'])

  const none = await laser({ ...config, errors: 'none' })
  await none.emit({ action: 'fire' })
  expect(await none.device.stop()).toBe('sent')
  expect(told(none.guard)).toEqual(['mayEmit'])
  expect(await none.device.commands['instrument.safe']?.({ device }, caller)).toEqual({ proven: false })
})

it('is not safe by its error queue while that says that the commands were refused, and is once they were taken', async () => {
  const errors: string[] = []
  const { device: supply, lines } = await laser({ settings: {}, safe: [':OUTP OFF'] }, { errors })
  lines.length = 0
  // One of before, and one of the first try.
  errors.push('-113,"Undefined header"', '-221,"Settings conflict"')
  expect(await supply.stop()).toBe('proven')
  const asked = ':SYST:ERR?'
  expect(lines).toEqual([':OUTP OFF', asked, asked, asked, asked, ':OUTP OFF', asked, asked])
})

it('is not confirmed by an error queue that refuses its safe commands each time, in the instrument’s own words', async () => {
  const refuses = ['-221,"Settings conflict"', NO_ERROR]
  const errors: string[] = []
  const { device: supply } = await laser({ settings: {}, safe: [':OUTP OFF'] }, { errors })
  errors.push(...refuses, ...refuses, ...refuses)
  // The queue is emptied behind each round besides.
  errors.splice(2, 0, NO_ERROR)
  errors.splice(5, 0, NO_ERROR)
  await expect(supply.stop()).rejects.toMatchObject({
    code: 'scpi.error',
    message: 'dut was told to be safe, and answered -221,"Settings conflict": look at it',
  })
})

it('is proven by its switches though its error queue holds what others have left there', async () => {
  const errors: string[] = []
  const { device: opened, state } = await laser({}, { errors })
  errors.push('-113,"Undefined header"')
  expect(await opened.stop()).toBe('proven')
  expect(state().errors).toMatchObject([{ code: -113 }])
})

it('tells what it is opened with that may emit, and that it does not', async () => {
  const { guard } = await laser({ open: [':FORM ASC'] })
  expect(told(guard)).toEqual(['seenEmitting', 'seenDark'])
})
