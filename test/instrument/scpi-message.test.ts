import { describe, expect, it } from 'vitest'
import { CommandTree, matches, parseMessage, parseQuantity } from '../../bridge/instrument/scpi/message.ts'

const paths = (message: string): string[] => parseMessage(message).map((unit) => unit.path.join(':'))

describe('a program message', () => {
  it('keeps the node after a semicolon', () => {
    expect(paths(':INIT:WAV:STAR 1NM;STOP 2NM;SAMP?')).toEqual([
      'INIT:WAV:STAR',
      'INIT:WAV:STOP',
      'INIT:WAV:SAMP',
    ])
  })

  it('goes to the root after a semicolon and a colon', () => {
    expect(paths(':INIT:WAV:STAR?;:ABOR')).toEqual(['INIT:WAV:STAR', 'ABOR'])
  })

  it('leaves the node alone for a common command', () => {
    expect(paths(':INIT:WAV:STAR?;*CLS;STOP?')).toEqual(['INIT:WAV:STAR', '*CLS', 'INIT:WAV:STOP'])
  })

  it('begins at the root without a leading colon', () => {
    expect(paths('syst:err?')).toEqual(['SYST:ERR'])
  })

  it('never splits inside quotes or an expression', () => {
    const [first, second] = parseMessage(`:DISP:TEXT "a;b,c""d;",'e;:f',(@1,2);NEXT 5`)
    expect(first?.parameters).toEqual(['"a;b,c""d;"', "'e;:f'", '(@1,2)'])
    expect(second?.path).toEqual(['DISP', 'NEXT'])
  })

  it('splits parameters at commas and trims them', () => {
    expect(parseMessage('DATA?  BIN , DB ')[0]).toEqual({
      path: ['DATA'],
      query: true,
      parameters: ['BIN', 'DB'],
      header: 'DATA?',
    })
  })

  it('skips empty units', () => {
    expect(parseMessage(' ;; *CLS ; ')).toHaveLength(1)
    expect(parseMessage('')).toEqual([])
  })

  it('gives what is no header an empty path', () => {
    expect(parseMessage(':DATA:X[:IMM]? BIN')[0]).toMatchObject({ path: [], header: ':DATA:X[:IMM]?' })
  })
})

describe('a command tree', () => {
  const tree = new CommandTree<string>()
    .add(':CTP:SENSe<s>:CHANnel<c>:POWer?', ({ suffixes }) => `power ${suffixes.s} ${suffixes.c}`)
    .add(':CTP:SENSe<s>:CHANnel<c>:POWer', ({ parameters }) => `set ${parameters.join('|')}`)
    .add(':INITiate[:IMMediate]', () => 'start')
    .add('*IDN?', () => 'me')
  const ask = (message: string): string | undefined => {
    const [unit] = parseMessage(message)
    return unit && tree.find(unit)?.()
  }

  it('takes the exact long and the exact short form in any case, and nothing between', () => {
    expect(ask(':CTP:SENSe4:CHANnel2:POWer?')).toBe('power 4 2')
    expect(ask('ctp:sens4:chan2:pow?')).toBe('power 4 2')
    expect(ask(':CTP:SENS4:CHANNEL2:POW?')).toBe('power 4 2')
    expect(ask(':CTP:SENS4:CHANN2:POW?')).toBeUndefined()
    expect(ask(':CTP:SEN4:CHAN2:POW?')).toBeUndefined()
  })

  it('reads a missing suffix as 1', () => {
    expect(ask(':CTP:SENS:CHAN3:POW?')).toBe('power 1 3')
  })

  it('allows only 1 where a node has no suffix', () => {
    expect(ask(':INIT1')).toBe('start')
    expect(ask(':INIT2')).toBeUndefined()
  })

  it('lets an optional node be left out', () => {
    expect(ask(':INIT')).toBe('start')
    expect(ask(':INITIATE:IMM')).toBe('start')
  })

  it('tells a query from a command', () => {
    expect(ask(':CTP:SENS:CHAN:POW 1,2')).toBe('set 1|2')
    expect(ask(':INIT?')).toBeUndefined()
    expect(ask('*idn?')).toBe('me')
    expect(ask('*IDN')).toBeUndefined()
  })

  it('knows no half of a path', () => {
    expect(ask(':CTP:SENS4?')).toBeUndefined()
    expect(ask(':CTP:SENS4:CHAN1:POW:MORE?')).toBeUndefined()
  })
})

it('matches a word of a parameter in its short or its long form', () => {
  expect(['asc', 'ASCII', 'ASCI'].map((word) => matches('ASCii', word))).toEqual([true, true, false])
})

describe('a quantity', () => {
  it.each([
    ['1550NM', 1.55e-6, 'm'],
    ['1.5e-6', 1.5e-6, ''],
    ['10PM', 1e-11, 'm'],
    ['0.1 pm', 1e-13, 'm'],
    ['1.55E-6M', 1.55e-6, 'm'],
    ['191.5THZ', 191.5e12, 'Hz'],
    ['3MHZ', 3e6, 'Hz'],
    ['2MOHM', 2e6, 'ohm'],
    ['-3DBM', -3, 'dBm'],
    ['1MW', 1e-3, 'W'],
    ['5MS', 5e-3, 's'],
    ['2MV', 2e-3, 'V'],
    ['+.5', 0.5, ''],
    ['100NM/S', 1e-7, 'm/s'],
  ])('%s is %d %s', (text, value, unit) => {
    expect(parseQuantity(text)).toEqual({ value, unit })
  })

  it.each(['', 'NM', '1550XM', '1,5', '--1', 'MDBM', '1MDBM', '0x10', '1e'])('%j is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined()
  })
})
