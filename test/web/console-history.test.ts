import { describe, expect, it } from 'vitest'
import { complete } from '../../web/instrument/console/completion.ts'
import { History } from '../../web/instrument/console/history.ts'
import { askerWords, hexDump, lineWords } from '../../web/instrument/console/words.ts'

const HEADERS = [
  '*IDN?',
  ':ABORt',
  ':CTP:SENSe<s>:CHANnel<c>:POWer?',
  ':INITiate:TLS<n>:SPEed',
  ':SYSTem:ERRor?',
]
const completed = (text: string, caret = text.length): string[] =>
  complete(HEADERS, text, caret).map((suggestion) => suggestion.text)

describe('the history', () => {
  it('goes back and forth, and comes back to what was being written', () => {
    const history = new History()
    history.add('*IDN?')
    history.add('POW?')
    expect(history.previous('FO')).toBe('POW?')
    expect(history.previous('POW?')).toBe('*IDN?')
    expect(history.previous('*IDN?')).toBeUndefined()
    expect([history.next(), history.next(), history.next()]).toEqual(['POW?', 'FO', undefined])
  })

  it('keeps the same thing twice in a row once, and 200 at most', () => {
    const history = new History()
    for (let n = 0; n < 300; n++) history.add(`Q${n}?`)
    history.add('Q299?')
    let back = 0
    while (history.previous('') !== undefined) back += 1
    expect(back).toBe(200)
  })
})

describe('completion', () => {
  it.each([
    ['*i', '*IDN?'],
    [':ab', ':ABORt '],
    ['syst:e', 'syst:ERRor?'],
    [':CTP:SENS4:CHAN2:po', ':CTP:SENS4:CHAN2:POWer?'],
    [':ctp:sense12:ch', ':ctp:sense12:CHANnel1:POWer?'],
    [':CTP:SENS4', ':CTP:SENS4:CHANnel1:POWer?'],
    [':INIT:TLS2:sp', ':INIT:TLS2:SPEed '],
  ])('of %s', (typed, whole) => {
    // A whole node stays as it was typed, what is new is spelled out; the node under the caret is spelled anew.
    expect(completed(typed)[0]?.toUpperCase()).toBe(whole.toUpperCase())
  })

  it('is of the message under the caret, and leaves the rest alone', () => {
    expect(completed('*CLS\n:AB')).toEqual(['*CLS\n:ABORt '])
    expect(completed('POW?;*I')).toEqual(['POW?;*IDN?'])
    expect(complete(HEADERS, ':AB\nPOW?', 3)[0]).toMatchObject({ text: ':ABORt \nPOW?', caret: 7 })
  })

  it.each(['', 'x', ':ABOR 1', ':SENS', ':CTP:XY:', '*IDN?'])('has nothing for "%s"', (typed) =>
    expect(completed(typed)).toEqual([]),
  )
})

it('shows bytes in rows of sixteen, with what can be read of them', () => {
  expect(hexDump('23313261620a')).toEqual([`0000  23 31 32 61 62 0a${' '.repeat(30)}  #12ab.`])
  expect(hexDump('00'.repeat(17))).toHaveLength(2)
})

it('says who has the line: whoever has locked it before whoever is just being served', () => {
  const line = {
    id: 'dut',
    open: true,
    peer: 'dut:5025',
    clients: {},
    console: true,
    journal: { newest: 0, errors: 0 },
  }
  const holder = { lane: 'bulk', by: 'command', who: 'ada (trace.read)', since: 0 } as const
  expect(lineWords(line)).toBe('The line to dut:5025 is open.')
  expect(lineWords({ ...line, holder })).toBe('The line to dut:5025 is with ada (trace.read).')
  expect(lineWords({ ...line, holder, lock: { who: 'x:1', until: 0 } })).toMatch(/locked by x:1/)
  expect(lineWords({ ...line, open: false })).toMatch(/not connected/)
  expect(askerWords({ by: 'share', who: 'x:1' })).toBe('shared: x:1')
})
