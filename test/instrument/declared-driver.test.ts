import type { Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { callerAs } from '../support/caller.ts'
import { listen } from '../support/instrument.ts'
import { command, converse, NEVER_MS, NO_ERROR, openDeclared, type Opened } from './declared-rig.ts'

const caller = callerAs()
const device = 'dut'
const IDENTITY = 'Acme,Source,1,2'
const OPENING = [
  ['*IDN?', IDENTITY],
  [':SYST:ERR?', NO_ERROR],
] as const

const level = {
  query: ':LEV?',
  command: ':LEV {value}',
  type: 'number',
  unit: 'V',
  range: { min: 0, max: 'query' },
  everyMs: NEVER_MS,
}
const output = { query: ':OUTP?', command: ':OUTP {value}', type: 'boolean', emits: true, everyMs: NEVER_MS }

/** A laser that answers what it is set to, and does with any other line what `onLine` says. */
async function laser(
  onLine: (line: string, socket: Socket) => string | undefined = () => undefined,
  config: object = {},
): Promise<Opened & { lines: string[] }> {
  let on = '0'
  const instrument = await listen((line, socket) => {
    const own = onLine(line, socket)
    if (own !== undefined) socket.write(own)
    else if (line === '*IDN?') socket.write(`${IDENTITY}\n`)
    else if (line === ':SYST:ERR?') socket.write(`${NO_ERROR}\n`)
    else if (line === ':OUTP?') socket.write(`${on}\n`)
    else if (line.startsWith(':OUTP ')) on = line === ':OUTP ON' ? '1' : '0'
  })
  const opened = await openDeclared({
    resource: `TCPIP::127.0.0.1::${instrument.port}::SOCKET`,
    safe: [':OUTP OFF'],
    settings: { output },
    ...config,
  })
  onTestFinished(async () => {
    await opened.device[Symbol.asyncDispose]()
    await instrument[Symbol.asyncDispose]()
  })
  return { ...opened, lines: instrument.lines }
}

it('refuses an instrument of another kind, saying what it is and what to do', async () => {
  await using instrument = await listen((_, socket) => socket.write('Other,Thing,1,2\n'))
  const resource = `TCPIP::127.0.0.1::${instrument.port}::SOCKET`
  await expect(openDeclared({ resource, model: 'rigol-dp832' })).rejects.toMatchObject({
    code: 'device.faulted',
    message: expect.stringMatching(/is "Other,Thing,1,2", not a Rigol DP832: name another model/),
  })
})

it('takes a value at the door only within its type and range, some of it the instrument’s own', async () => {
  const { device: source, declared } = await converse({ settings: { level } }, [
    ...OPENING,
    [':LEV? MAX', '10.0'],
    [':LEV?', '1.0'],
  ])
  const set = (value: number | string): Promise<unknown> =>
    Promise.resolve(source.commands['instrument.set']?.({ device, setting: 'level', value }, caller))
  expect(declared().settings['level']).toMatchObject({ min: 0, max: 10 })
  await expect(set(10.5)).rejects.toMatchObject({
    code: 'input.invalid',
    message: 'level of dut takes a number from 0 to 10 V, not 10.5',
  })
  await expect(set('high')).rejects.toThrow('not "high"')
  const unknown = source.commands['instrument.set']?.({ device, setting: 'lewel', value: 1 }, caller)
  await expect(unknown).rejects.toThrow('there is no setting "lewel"; there are level')
})

it('gives the instrument’s own words to whoever asked, and to the topic', async () => {
  const { device: source, state } = await converse({ settings: { level } }, [
    ...OPENING,
    [':LEV? MAX', '10.0'],
    [':LEV?', '1.0'],
    [':LEV 2'],
    [':SYST:ERR?', '-221,"Settings conflict"'],
    [':SYST:ERR?', NO_ERROR],
  ])
  const set = source.commands['instrument.set']?.({ device, setting: 'level', value: 2 }, caller)
  await expect(set).rejects.toMatchObject({
    code: 'scpi.error',
    message: 'dut answered -221 "Settings conflict" to :LEV 2',
  })
  expect(state().errors).toMatchObject([{ code: -221 }])
})

it('shows what the instrument took, and reads the other settings again', async () => {
  const mode = {
    query: ':MODE?',
    command: ':MODE {value}',
    type: 'choice',
    choices: ['A', 'B'],
    everyMs: NEVER_MS,
  }
  const { device: source, declared } = await converse({ settings: { level, mode } }, [
    ...OPENING,
    [':LEV? MAX', '10.0'],
    [':LEV?', '1.0'],
    [':MODE?', 'A'],
    ...command(':LEV 2.04'),
    [':LEV?', '2.0'],
    [':MODE?', 'B'],
  ])
  const taken = await source.commands['instrument.set']?.({ device, setting: 'level', value: 2.04 }, caller)
  expect(taken).toMatchObject({ value: 2 })
  expect(declared().values['level']).toMatchObject({ value: 2 })
  await expect.poll(() => declared().values['mode']?.value).toBe('B')
})

it('does an action command by command, and none after one that is refused', async () => {
  const actions = { preset: { commands: [':A', ':B', ':C'] } }
  const { device: source } = await converse({ actions }, [
    ...OPENING,
    ...command(':A'),
    [':B'],
    [':SYST:ERR?', '-113,"Undefined header"'],
    [':SYST:ERR?', NO_ERROR],
  ])
  const done = source.commands['instrument.act']?.({ device, action: 'preset' }, caller)
  await expect(done).rejects.toThrow('-113 "Undefined header" to :B')
})

it('is dark before it is read and when it closes, and lights only by instrument.emit', async () => {
  const { device: source, lines, declared } = await laser()
  expect(lines.slice(0, 4)).toEqual(['*IDN?', ':SYST:ERR?', ':OUTP OFF', ':SYST:ERR?'])
  const { commands } = source
  const on = { device, setting: 'output', value: true }
  await expect(commands['instrument.set']?.(on, caller)).rejects.toThrow('use instrument.emit')
  await commands['instrument.emit']?.(on, caller)
  expect(declared().values['output']).toMatchObject({ value: true })
  await commands['instrument.set']?.({ ...on, value: false }, caller)
  expect(declared().values['output']).toMatchObject({ value: false })
  lines.length = 0
  await source[Symbol.asyncDispose]()
  expect(lines).toEqual([':OUTP OFF', ':OUTP?', ':SYST:ERR?'])
})

it('ends emission at once, and shows that it has', async () => {
  const { device: source, lines, declared } = await laser()
  await source.commands['instrument.emit']?.({ device, setting: 'output', value: true }, caller)
  lines.length = 0
  source.endEmission?.()
  await expect.poll(() => lines[0]).toBe(':OUTP OFF')
  await expect.poll(() => declared().values['output']?.value).toBe(false)
})

it('stops past a busy line, and does not do afterwards what waited before', async () => {
  let answer = (): void => {}
  const slow = { query: ':SLOW?', everyMs: NEVER_MS, deadlineMs: 60_000 }
  const { device: source, lines } = await laser(
    (line, socket) => {
      if (line !== ':SLOW?') return undefined
      answer = () => void socket.write('1\n')
      return ''
    },
    { readings: { slow } },
  )
  await expect.poll(() => lines.includes(':SLOW?')).toBe(true)
  const waiting = source.commands['instrument.emit']?.({ device, setting: 'output', value: true }, caller)
  const refused = expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  const stopped = source.stop()
  await expect.poll(() => lines.at(-1)).toBe(':OUTP OFF')
  answer()
  await stopped
  await refused
  expect(lines).not.toContain(':OUTP ON')
})

it('does not say that it is safe when the instrument says otherwise', async () => {
  const { device: source } = await laser((line) => (line === ':OUTP?' ? '1\n' : undefined))
  await expect(source.stop()).rejects.toThrow('output is not off: switch it off at the instrument')
})

it('gives a trace up when it is stopped, proves the stop meanwhile, and fetches the next', async () => {
  const traces = {
    long: { query: ':LONG?', format: 'real32', axis: { start: 0, step: 1 }, deadlineMs: 60_000 },
  }
  let whole = false
  const {
    device: source,
    state,
    lines,
  } = await laser(
    (line, socket) => {
      if (line !== ':LONG?') return undefined
      // A million samples are announced, and two come.
      socket.write(
        whole ? Buffer.from('#14\0\0\0\0\n', 'latin1') : Buffer.from('#74000000\0\0\0\0\0\0\0\0', 'latin1'),
      )
      return ''
    },
    { traces },
  )
  const fetching = source.commands['instrument.trace']?.({ device, trace: 'long' }, caller)
  const refused = expect(fetching).rejects.toMatchObject({ code: 'aborted' })
  await expect.poll(() => state().download).toMatchObject({ of: 4_000_000 })
  expect(await source.stop()).toBe('proven')
  await refused
  expect(lines).toContain(':OUTP OFF')
  expect(state().download).toBeUndefined()
  whole = true
  const next = source.commands['instrument.trace']?.({ device, trace: 'long' }, caller)
  expect(await next).toMatchObject({ points: 1 })
})

it('leaves polls out while the line is busy, counts them, and marks what is old', async () => {
  let held: (() => void) | undefined
  const fast = { query: ':FAST?', everyMs: 30 }
  const traces = { long: { query: ':LONG?', format: 'real32', axis: { start: 0, step: 1 } } }
  const { device: source, declared } = await laser(
    (line, socket) => {
      if (line === ':FAST?') return '1\n'
      if (line !== ':LONG?') return undefined
      held = () => void socket.write(Buffer.from('#14\0\0\0\0'))
      return ''
    },
    { readings: { fast }, traces },
  )
  await expect.poll(() => declared().values['fast']?.value).toBe(1)
  const fetched = source.commands['instrument.trace']?.({ device, trace: 'long' }, caller)
  await expect.poll(() => declared().values['fast']?.stale).toBe(true)
  await expect.poll(() => declared().skipped).toBeGreaterThan(1)
  held?.()
  expect(await fetched).toMatchObject({ points: 1 })
  await expect.poll(() => declared().values['fast']?.stale).toBeUndefined()
})

it('starves no reading, however slow the others are', async () => {
  const readings = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [name, { query: `:${name}?`, everyMs: 20 }]),
  )
  const { lines } = await laser(
    (line, socket) => {
      if (!/^:[abcd]\?$/.test(line)) return undefined
      setTimeout(() => socket.write('1\n'), 60)
      return ''
    },
    { readings },
  )
  const asked = (name: string): number => lines.filter((line) => line === `:${name}?`).length
  await expect.poll(() => asked('d'), { timeout: 3000 }).toBeGreaterThan(2)
  expect(asked('a') - asked('d')).toBeLessThanOrEqual(1)
})

it('goes on after a reading that is never answered, and asks it less and less often', async () => {
  const readings = {
    mute: { query: ':MUTE?', everyMs: 50, deadlineMs: 100 },
    fine: { query: ':FINE?', everyMs: 50 },
  }
  const { declared, lines } = await laser(
    (line) => (line === ':MUTE?' ? '' : line === ':FINE?' ? '7\n' : undefined),
    { readings },
  )
  await expect.poll(() => lines.filter((line) => line === ':MUTE?').length, { timeout: 5000 }).toBe(2)
  await expect.poll(() => declared().values['fine']?.value).toBe(7)
})

it('puts every number in its column: NaN where a row has none, Infinity where there was no number', async () => {
  const readings = {
    a: { query: ':A?', everyMs: NEVER_MS },
    word: { query: ':W?', parse: 'text', everyMs: NEVER_MS },
    b: { query: ':B?', everyMs: NEVER_MS, limits: { badAbove: 4 } },
  }
  const {
    device: source,
    rows,
    declared,
  } = await converse({ readings }, [
    ...OPENING,
    [':A?', '9.91E37'],
    [':W?', '"hello"'],
    [':B?', '5'],
    [':A?', '1.5'],
  ])
  await expect.poll(() => rows).toEqual([[Infinity, 5]])
  expect(declared().values).toMatchObject({
    a: { note: 'not a number' },
    word: { value: 'hello' },
    b: { value: 5, level: 'bad' },
  })
  await source.commands['instrument.read']?.({ device, name: 'a' }, caller)
  expect(rows[1]).toEqual([1.5, NaN])
})
