import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classify } from '../../bridge/instrument/scpi/query.ts'
import { MessageScanner } from '../../bridge/instrument/scpi/response.ts'

describe('a message is a plain query', () => {
  it.each([
    '*IDN?',
    ':SYST:ERR?',
    'pow? (@1,2)',
    '*IDN?;*OPC?',
    ':CTP:SENS4:CHAN1:POW?;POW?',
    'DATA? BIN,DB',
    'FETC?',
  ])('when all of it only asks: %s', (message) =>
    expect(classify(message)).toMatchObject({ answered: true, acts: false }),
  )

  it.each([
    ['a command', '*RST'],
    ['a command behind a query', 'POW?;*RST'],
    ['a command before a query', 'INIT;*OPC?'],
    ['a self-test', '*TST?'],
    ['a calibration', 'CAL:ZERO?'],
    ['a measurement that sets up and triggers', ':MEASure:VOLTage?'],
    ['a read, which triggers', 'READ2?'],
    ['a relative header that reads', ':READ:A?;B?'],
    ['the lock', 'SYST:LOCK:REQ?'],
    ['quotes that another parser may not see', 'FOO? "a;*RST"'],
    ['a block that another parser may not see', 'FOO? #15;*RST'],
    ['a control character that may be an end', 'FOO?\r*RST'],
    ['what is no header at all', '???'],
    ['a question mark in the middle', 'FOO?BAR'],
    ['nothing', ''],
  ])('but not %s: %j', (_, message) => expect(classify(message).acts).toBe(true))
})

it('has an answer when one of its units is a query', () => {
  for (const message of ['INIT;*OPC?', 'FOO 1;BAR?', '*TST?']) expect(classify(message).answered).toBe(true)
  for (const message of ['INIT', 'MMEM:NAME "what?"', '*RST;INIT'])
    expect(classify(message).answered).toBe(false)
})

describe('a message ends', () => {
  const ends = (text: string): number => {
    const bytes = Buffer.from(text, 'latin1')
    return new MessageScanner().scan(bytes, 0, bytes.length)
  }

  it.each([
    ['at its line end', '1,2,3\n', 6],
    ['behind a block, not in it', '#15a\nb\nc\n', 9],
    ['behind two blocks', '#12\n\n,#12\n\n\n', 12],
    ['at a line end after a number in another base', '#H1F\n', 5],
    ['at a line end after a hash in a string', '-113,"Undefined header;#19"\n', 28],
    ['not in the middle of a block', '#210\n\n', -1],
  ])('%s', (_, text, at) => expect(ends(text)).toBe(at))

  it('at the same place in whatever pieces it comes', () => {
    const message = Buffer.from('1.5,"a;#12\n"\nx', 'latin1')
    const block = Buffer.from('#213\n\n,;"#15\n\n\n\n\n;3\nnext\n', 'latin1')
    for (const bytes of [message, block]) {
      const whole = new MessageScanner().scan(bytes, 0, bytes.length)
      fc.assert(
        fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
          const scanner = new MessageScanner()
          let at = 0
          for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
            const end = scanner.scan(bytes, at, cut)
            if (end >= 0) return end === whole
            at = cut
          }
          return whole === -1
        }),
      )
    }
  })
})
