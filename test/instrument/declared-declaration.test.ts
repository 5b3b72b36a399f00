import { describe, expect, it } from 'vitest'
import { declaredConfig } from '../../bridge/instrument/declared/config.ts'
import { entriesOf } from '../../bridge/instrument/declared/entries.ts'
import { parseSpec } from '../../bridge/instrument/declared/parse-spec.ts'
import { behindHeader, readNumbers } from '../../bridge/instrument/declared/samples.ts'
import { checkValue, commandFor } from '../../bridge/instrument/declared/setting-value.ts'
import { parseAnswer } from '../../bridge/instrument/declared/value.ts'
import { explainIssues } from '../../shared/wire/errors.ts'

const resource = 'TCPIP::127.0.0.1::5025::SOCKET'
const level = { query: ':LEV?', command: ':LEV {value}', type: 'number' }

/** What is wrong with a declaration, or nothing. */
function complaint(config: object): string {
  const checked = declaredConfig.safeParse({ resource, ...config })
  return checked.success ? '' : explainIssues(checked.error)
}

describe('a declaration', () => {
  it('is fine with a resource alone', () => {
    expect(complaint({})).toBe('')
  })

  it.each([
    ['an unknown key', { readings: { a: { qery: ':A?' } } }, /readings\.a.*qery/],
    [
      'a query without a question mark',
      { readings: { a: { query: ':A' } } },
      /readings\.a\.query: a query has/,
    ],
    ['a command that asks', { actions: { a: { commands: [':A?'] } } }, /nobody would read the answer/],
    [
      'a setting without a place for its value',
      { settings: { a: { ...level, command: ':LEV' } } },
      /\{value\}/,
    ],
    [
      'a choice without choices',
      { settings: { a: { ...level, type: 'choice' } } },
      /choices: a choice has choices/,
    ],
    [
      'a range of a switch',
      { settings: { a: { ...level, type: 'boolean', range: { max: 1 } } } },
      /range: only a/,
    ],
    [
      'light without what ends it',
      { settings: { a: { ...level, type: 'boolean', emits: true } } },
      /safe: an instrument that emits says what makes it safe/,
    ],
    [
      'one name for two things',
      { readings: { a: { query: ':A?' } }, settings: { a: level } },
      /settings\.a: there is a reading "a" already/,
    ],
    [
      '{channel} without channels',
      { readings: { a: { query: ':A{channel}?' } } },
      /channels: \{channel\} is used/,
    ],
    [
      'a trace without an axis',
      { traces: { a: { query: ':A?', format: 'ascii' } } },
      /axis: say where the samples/,
    ],
    ['a broken regular expression', { identifies: '(' }, /identifies: this is no regular expression/],
    [
      'a model that there is not',
      { model: 'acme-1' },
      /model: there is no model "acme-1"; there are keysight-/,
    ],
  ])('is refused for %s', (_, config, why) => {
    expect(complaint(config)).toMatch(why)
  })

  it('is laid over its model’s: a part goes over, ~ leaves out, what is new is added', () => {
    const { declaration } = declaredConfig.parse({
      resource,
      model: 'lightbench-test-laser',
      readings: { power: { everyMs: 1000 }, temperature: { query: ':TEMP?', unit: '°C' } },
      settings: { wavelength: null },
    })
    expect(declaration.readings['power']).toMatchObject({ query: ':READ:POW?', everyMs: 1000 })
    expect(Object.keys(declaration.readings)).toEqual(['power', 'temperature'])
    expect(Object.keys(declaration.settings)).toEqual(['output', 'power-level'])
  })

  it('is there once for each channel where it says {channel}', () => {
    const { declaration } = declaredConfig.parse({
      resource,
      channels: [1, 'B'],
      safe: [':OFF {channel}', ':ALL'],
      readings: { v: { query: ':V{channel}?', label: 'Voltage' }, all: { query: ':V?' } },
    })
    const entries = entriesOf(declaration)
    expect([...entries.readings.keys()]).toEqual(['v-1', 'v-b', 'all'])
    expect(entries.readings.get('v-b')).toMatchObject({ query: ':VB?', channel: 'B', channelNumber: 2 })
    expect(entries.safe).toEqual([':OFF 1', ':OFF B', ':ALL'])
  })
})

describe('an answer', () => {
  const parse = (answer: string, spec: unknown, kind: 'number' | 'boolean' | 'text' = 'number'): unknown => {
    const { value, note } = parseAnswer(answer, parseSpec.parse(spec), kind)
    return value ?? note
  }

  it.each([
    ['+1.50000000E-006', { scale: 1e9 }, 1500],
    ['20', { scale: 1.8, offset: 32 }, 68],
    ['CH1,5.000,1.0000', { index: 2 }, 1],
    ['1;2;3', { index: 1, separator: ';' }, 2],
    ['POW=-3.2dBm', { regex: '=(.*)dBm' }, -3.2],
    ['9.91E37', {}, 'not a number'],
    ['NAN', {}, 'not a number'],
    ['9.9E37', {}, 'above range'],
    ['-9.9E+37', {}, 'below range'],
    ['', {}, 'not understood'],
    ['1,2', { index: 5 }, 'not understood'],
    ['hot', {}, 'not understood'],
  ])('%s by %j is %s', (answer, spec, value) => {
    expect(parse(answer, spec)).toBe(value)
  })

  it('is a word or a switch where that is what it is', () => {
    expect(parse('"VOLT:AC"', 'text', 'text')).toBe('VOLT:AC')
    expect(parse('ON', 'boolean', 'boolean')).toBe(true)
    expect(parse('+0', 'boolean', 'boolean')).toBe(false)
    expect(parse('OPEN', { as: 'boolean', yes: ['OPEN'], no: ['SHUT'] }, 'boolean')).toBe(true)
    expect(parse('maybe', 'boolean', 'boolean')).toBe('not understood')
  })
})

describe('a value', () => {
  const setting = (given: object) => {
    const { declaration } = declaredConfig.parse({ resource, settings: { a: { ...level, ...given } } })
    return entriesOf(declaration).settings.get('a')!
  }

  it('is written as the instrument reads it', () => {
    expect(commandFor(setting({ parse: { scale: 1e9 } }), 1550.1234)).toBe(':LEV 0.0000015501234')
    expect(commandFor(setting({ parse: { scale: 1e12 } }), 3)).toBe(':LEV 3E-12')
    expect(commandFor(setting({ decimals: 3 }), 1 / 3)).toBe(':LEV 0.333')
    expect(commandFor(setting({ type: 'integer' }), 7)).toBe(':LEV 7')
    expect(commandFor(setting({ type: 'boolean', words: { on: '1', off: '0' } }), false)).toBe(':LEV 0')
    const choices = [{ value: 'DC', send: 'VOLT:DC' }]
    expect(commandFor(setting({ type: 'choice', choices }), 'DC')).toBe(':LEV VOLT:DC')
  })

  it('cannot bring a command of its own along', () => {
    const text = setting({ type: 'text' })
    for (const value of ['a;:OUTP ON', 'a\n:OUTP ON', 'a":B', "a'"])
      expect(() => checkValue(text, value, {}, 'dut'), value).toThrow('without quotes and semicolons')
    expect(() => checkValue(text, 'Hello, bench 1', {}, 'dut')).not.toThrow()
  })
})

describe('a trace sent as text', () => {
  it('is read number by number, with or without a block’s header', async () => {
    expect([...(await readNumbers('1.5, -2,3e2,', ',', 'dut'))]).toEqual([1.5, -2, 300])
    expect(behindHeader('#9000000005 1,2', 'dut')).toBe(' 1,2')
    await expect(readNumbers('1,x', ',', 'dut')).rejects.toThrow('dut sent "x" as number 2 of a trace')
  })
})
