import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { echo, Script, share } from './share-rig.ts'

const lease = new BenchError('lease.held', 'ada holds the lease of the bench: only queries are served')

it('gives each of two programs its own answers, whole query by whole query, however they interleave', async () => {
  await using shared = await share(echo(() => 1))
  using one = await Script.connect(shared.raw)
  using two = await Script.connect(shared.raw)
  const ask = async (script: Script, name: string): Promise<string[]> => {
    const answers: string[] = []
    for (let n = 0; n < 30; n++) answers.push(await script.ask(`${name}${n}?`))
    return answers
  }
  const [ones, twos] = await Promise.all([ask(one, 'ONE'), ask(two, 'TWO')])
  expect(ones).toEqual(Array.from({ length: 30 }, (_, n) => `ONE${n}`))
  expect(twos).toEqual(Array.from({ length: 30 }, (_, n) => `TWO${n}`))
})

it('takes programs in turns: one that asks all at once does not keep another waiting for all of it', async () => {
  await using shared = await share(echo((line) => (line === 'GREEDY0?' ? 500 : 0)))
  using greedy = await Script.connect(shared.raw)
  using modest = await Script.connect(shared.raw)
  for (let n = 0; n < 50; n++) greedy.write(`GREEDY${n}?`)
  // While the first is answered, all the others wait.
  await expect.poll(() => shared.lines, { interval: 2 }).toEqual(['GREEDY0?'])
  expect(await modest.ask('MODEST?')).toBe('MODEST')
  expect(shared.lines.indexOf('MODEST?')).toBeLessThan(5)
})

it('lets the bench poll between two messages of a program that never leaves the line free', async () => {
  await using shared = await share(echo(() => 2))
  using greedy = await Script.connect(shared.raw)
  for (let n = 0; n < 60; n++) greedy.write(`GREEDY${n}?`)
  await expect.poll(() => shared.lines.length).toBeGreaterThan(3)
  const asked = shared.lines.length
  expect(await shared.session.poll((wire) => wire.query('POW?'))).toBe('POW')
  expect(shared.lines.indexOf('POW?') - asked).toBeLessThanOrEqual(1)
})

it('keeps at most one poll waiting, so that a slow answer is not followed by a heap of old polls', async () => {
  await using shared = await share(echo(() => 100))
  using script = await Script.connect(shared.raw)
  script.write('SLOW?')
  await expect.poll(() => shared.lines.length).toBe(1)
  const first = shared.session.poll((wire) => wire.query('POW?'))
  expect(shared.session.poll((wire) => wire.query('POW?'))).toBeUndefined()
  expect(await first).toBe('POW')
})

it('sends an abort past a shared message that is not answered', async () => {
  await using shared = await share(() => {})
  using script = await Script.connect(shared.raw)
  script.write('SLOW?')
  script.write('WAITING?')
  await expect.poll(() => shared.lines).toEqual(['SLOW?'])
  shared.session.abort([':ABOR'])
  await expect.poll(() => shared.lines).toEqual(['SLOW?', ':ABOR'])
})

it('gives a shared message up that keeps the line from the polls after a stop', async () => {
  await using shared = await share(
    (line, socket) => {
      if (line !== 'SLOW?') socket.write('0\n')
    },
    { answerSeconds: 30 },
  )
  using script = await Script.connect(shared.raw)
  script.write('SLOW?')
  await expect.poll(() => shared.lines).toEqual(['SLOW?'])
  const poll = shared.session.poll((wire) => wire.query('STAT:OPER:COND?'))
  shared.hold(new BenchError('estop.latched', 'ada pressed the emergency stop'))
  expect(await poll).toBe('0')
  expect(await script.ask('POW?')).toBe('0')
}, 10_000)

it('lets a slow query that begins after a stop take its time', async () => {
  await using shared = await share(echo((line) => (line === 'SLOW?' ? 1500 : 0)))
  using script = await Script.connect(shared.raw)
  shared.hold(new BenchError('interlock.open', 'the door is open'))
  await sleep(50)
  expect(await script.ask('SLOW?')).toBe('SLOW')
})

it('passes a binary answer on byte for byte, line ends and all, and the answer after it', async () => {
  const block = Buffer.alloc(3_000_000)
  for (let i = 0; i < block.length; i++) block[i] = (i * 7) & 255
  const whole = Buffer.concat([Buffer.from('#73000000'), block, Buffer.from('\r\n')])
  await using shared = await share((line, socket) =>
    socket.write(line === 'CURV?' ? whole : `${line.replace('?', '')}\n`),
  )
  using script = await Script.connect(shared.raw)
  script.write('CURV?')
  script.write('NEXT?')
  expect((await script.bytes(whole.length)).equals(whole)).toBe(true)
  expect(await script.line()).toBe('NEXT')
  expect(shared.journal().find(({ sent }) => sent === 'CURV?')).toMatchObject({
    answer: '#7 block of 3000000 bytes',
    answerBytes: whole.length,
  })
})

it('takes a message with a block in it for one message, whatever stands in the block', async () => {
  const seen: string[] = []
  await using shared = await share((line, socket) => {
    seen.push(line)
    if (line.endsWith('?')) socket.write('1\n')
  })
  using script = await Script.connect(shared.raw)
  script.write('DATA #15ab\ncd')
  expect(await script.ask('*OPC?')).toBe('1')
  const { sent, sentBytes } = shared.journal().find((entry) => entry.sent.startsWith('DATA')) ?? {}
  expect([sent, sentBytes]).toEqual(['DATA #15ab\ncd', 14])
  expect(seen).toEqual(['DATA #15ab', 'cd', '*OPC?']) // the test's instrument reads lines
})

it('goes on after a block that nothing ends', async () => {
  await using shared = await share((line, socket) => socket.write(line === 'BLOCK?' ? '#13abc' : 'next\n'))
  using script = await Script.connect(shared.raw)
  expect(await script.ask('BLOCK?')).toBe('#13abc')
  expect(await script.ask('NEXT?')).toBe('next')
})

it('drops a program that reads nothing, with the reason in the journal, and serves the others meanwhile', async () => {
  const much = `#9${'080000000'}`
  await using shared = await share(
    (line, socket) => {
      if (line === 'MUCH?')
        socket.write(Buffer.concat([Buffer.from(much), Buffer.alloc(80_000_000), Buffer.from('\n')]))
      else socket.write(`${line.replace('?', '')}\n`)
    },
    {},
    { stallMs: 300 },
  )
  using deaf = await Script.connect(shared.raw)
  using other = await Script.connect(shared.raw)
  deaf.socket.pause()
  deaf.write('MUCH?')
  await sleep(20)
  expect(await other.ask('OTHER?')).toBe('OTHER')
  await expect
    .poll(() => shared.journal().find(({ error }) => error === 'connection.lost'), { timeout: 5000 })
    .toMatchObject({
      by: 'share',
      who: deaf.name,
      message: expect.stringMatching(/^dropped: it has (left \d+ bytes unread|read nothing)/),
    })
  expect(await other.ask('AGAIN?')).toBe('AGAIN')
})

it('survives a program that dies in the middle of its query: the answer goes to nobody', async () => {
  await using shared = await share(echo((line) => (line === 'LATE?' ? 150 : 0)))
  using dying = await Script.connect(shared.raw)
  using other = await Script.connect(shared.raw)
  dying.write('LATE?')
  await expect.poll(() => shared.lines).toEqual(['LATE?'])
  dying.socket.resetAndDestroy()
  expect(await other.ask('OTHER?')).toBe('OTHER')
  expect(shared.port.hub.guests).toHaveLength(1)
})

it('stops reading a program that asks faster than it can be served, and loses nothing of what it asks', async () => {
  await using shared = await share(echo())
  using flood = await Script.connect(shared.raw)
  for (let n = 0; n < 5000; n++) flood.write(`Q${n}?`)
  for (let n = 0; n < 5000; n++) expect(await flood.line()).toBe(`Q${n}`)
})

it('serves queries and refuses whatever may act while somebody holds the lease, and says so when asked', async () => {
  await using shared = await share(echo())
  using script = await Script.connect(shared.raw)
  shared.hold(lease)
  for (const message of ['INIT:IMM', '*TST?', 'POW?;*RST', 'MEAS:VOLT?', 'FOO?;BAR "a;b?"'])
    script.write(message)
  expect(await script.ask('POW?')).toBe('POW')
  expect(shared.lines).toEqual(['POW?'])
  expect(await script.ask('SYST:ERR?')).toBe(`-203,"Command protected;${lease.message}"`)
  expect(shared.journal().find(({ sent }) => sent === '*TST?')).toMatchObject({
    by: 'share',
    who: script.name,
    error: 'lease.held',
    message: `refused: ${lease.message}`,
  })
  shared.hold(undefined)
  script.write('INIT:IMM')
  await expect.poll(() => shared.lines).toContain('INIT:IMM')
})

it('asks at the last moment: a command that waited while the lease was taken is not sent', async () => {
  await using shared = await share(echo((line) => (line === 'LONG?' ? 150 : 0)))
  using script = await Script.connect(shared.raw)
  script.write('LONG?')
  script.write('INIT:IMM')
  await expect.poll(() => shared.lines).toEqual(['LONG?'])
  shared.hold(lease)
  expect(await script.line()).toBe('LONG')
  expect(await script.ask('POW?')).toBe('POW')
  expect(shared.lines).toEqual(['LONG?', 'POW?'])
})

it('lets a program act that the configuration lets act, whoever holds the lease', async () => {
  await using shared = await share(echo(), {
    clients: [{ name: 'logger', address: '127.0.0.1', act: true }],
  })
  using script = await Script.connect(shared.raw)
  shared.hold(lease)
  script.write('INIT:IMM')
  await expect.poll(() => shared.lines).toEqual(['INIT:IMM'])
  expect(shared.journal().at(-1)).toMatchObject({
    by: 'share',
    who: `logger (${script.name})`,
    sent: 'INIT:IMM',
  })
})

it('times out a message that the instrument does not answer, and goes on with the next', async () => {
  await using shared = await share((line, socket) => line !== 'SILENT?' && socket.write('here\n'), {
    answerSeconds: 0.1,
  })
  using script = await Script.connect(shared.raw)
  script.write('SILENT?')
  expect(await script.ask('NEXT?')).toBe('here')
  expect(shared.journal().find(({ sent }) => sent === 'SILENT?')).toMatchObject({ error: 'device.timeout' })
})

it('drops a program when the instrument is not there to answer it', async () => {
  await using shared = await share((_, socket) => socket.destroy())
  using script = await Script.connect(shared.raw)
  script.write('*IDN?')
  await expect.poll(() => script.closed).toBe(true)
  using late = await Script.connect(shared.raw)
  late.write('*IDN?')
  await expect.poll(() => late.closed).toBe(true)
  expect(shared.journal().at(-1)?.message).toMatch(/not connected just now/)
})

it.each([
  ['a web page', 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n*RST'],
  ['a block without an end', 'DATA #0abc'],
  ['another protocol', '\x16\x03\x01\x02\x00\x01'],
])('sends nothing of %s to the instrument', async (_, text) => {
  await using shared = await share(echo())
  using script = await Script.connect(shared.raw)
  script.write(text)
  await expect.poll(() => script.closed).toBe(true)
  expect(shared.lines).toEqual([])
})
