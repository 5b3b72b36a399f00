import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { listen, openSession } from '../support/instrument.ts'

const echo = (line: string): string => `${line.replace('?', '')}\r\n`

it('gives each question its own answer, in order, however many ask at once', async () => {
  await using instrument = await listen((line, socket) => socket.write(echo(line)))
  const { session } = await openSession(instrument.port)
  using _ = session
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => session.query(`Q${n}?`)))
  expect(answers).toEqual(Array.from({ length: 50 }, (_, n) => `Q${n}`))
})

it('serves control before bulk, and leaves a poll out when the line is busy', async () => {
  await using instrument = await listen((line, socket) => socket.write(echo(line)))
  const { session } = await openSession(instrument.port)
  using _ = session
  const first = session.query('FIRST?')
  const bulk = session.run('bulk', (wire) => wire.query('BULK?'))
  const control = session.query('CONTROL?')
  expect(session.poll((wire) => wire.query('POLL?'))).toBeUndefined()
  await Promise.all([first, bulk, control])
  expect(instrument.lines).toEqual(['FIRST?', 'CONTROL?', 'BULK?'])
  expect(await session.poll((wire) => wire.query('POLL?'))).toBe('POLL')
})

it('sends an abort at once, past a question that is not answered and everything that waits', async () => {
  await using instrument = await listen(() => {})
  const { session } = await openSession(instrument.port)
  using _ = session
  const unanswered = session.query('SLOW?').catch(() => 'ended')
  const waiting = session.query('WAITING?').catch(() => 'ended')
  session.abort([':ABOR'])
  await expect.poll(() => instrument.lines).toEqual(['SLOW?', ':ABOR'])
  session[Symbol.dispose]()
  expect(await Promise.all([unanswered, waiting])).toEqual(['ended', 'ended'])
})

it('names the device, the question and the time when no answer comes', async () => {
  await using instrument = await listen(() => {})
  const { session } = await openSession(instrument.port)
  using _ = session
  await expect(session.query('POW?', { deadlineMs: 50 })).rejects.toMatchObject({
    code: 'device.timeout',
    message: expect.stringMatching(/dut .*did not answer POW\? within 50 ms/),
  })
})

it('throws away an answer that comes too late, and goes on over the same connection', async () => {
  await using instrument = await listen((line, socket) => {
    if (line === 'LATE?') setTimeout(() => socket.write('late\r\n'), 150)
    else socket.write(echo(line))
  })
  const { session } = await openSession(instrument.port)
  using _ = session
  await expect(session.query('LATE?', { deadlineMs: 50 })).rejects.toMatchObject({ code: 'device.timeout' })
  expect(await session.query('NEXT?')).toBe('NEXT')
  expect(instrument.connections).toBe(1)
})

it('opens the connection anew when the late answer does not come soon, and never takes it for another', async () => {
  await using instrument = await listen((line, socket) => {
    if (line === 'LATE?') setTimeout(() => socket.write('late\r\n'), 800)
    else socket.write(echo(line))
  })
  const { session, lost } = await openSession(instrument.port)
  using _ = session
  await expect(session.query('LATE?', { deadlineMs: 50 })).rejects.toMatchObject({ code: 'device.timeout' })
  expect(await session.query('NEXT?')).toBe('NEXT')
  await sleep(400)
  expect(await session.query('AGAIN?')).toBe('AGAIN')
  expect(instrument.connections).toBe(2)
  expect(lost).toEqual([])
})

it('treats a question that its asker gave up like one that was not answered', async () => {
  await using instrument = await listen((line, socket) => setTimeout(() => socket.write(echo(line)), 100))
  const { session } = await openSession(instrument.port)
  using _ = session
  const asker = new AbortController()
  const given = session.query('ONE?', { signal: asker.signal })
  setTimeout(() => asker.abort(), 20)
  await expect(given).rejects.toMatchObject({ code: 'aborted' })
  expect(await session.query('TWO?')).toBe('TWO')
})

it('opens the connection anew after bytes that nobody asked for', async () => {
  await using instrument = await listen((line, socket) => {
    socket.write(line === 'CHATTY?' ? 'answer\r\nand more\r\n' : echo(line))
  })
  const { session } = await openSession(instrument.port)
  using _ = session
  expect(await session.query('CHATTY?')).toBe('answer')
  expect(await session.query('NEXT?')).toBe('NEXT')
})

it('does not take what an idle instrument says by itself for the next answer', async () => {
  await using instrument = await listen((line, socket) => {
    socket.write(echo(line))
    if (line === 'ONE?') setTimeout(() => socket.write('surprise\r\n'), 30)
  })
  const { session } = await openSession(instrument.port)
  using _ = session
  expect(await session.query('ONE?')).toBe('ONE')
  await sleep(80)
  expect(await session.query('TWO?')).toBe('TWO')
})

it('sends an abort that fell into a reconnection first thing on the new connection', async () => {
  await using instrument = await listen((line, socket) => {
    if (line === 'NEXT?') socket.write(echo(line))
  })
  const { session } = await openSession(instrument.port)
  using _ = session
  await expect(session.query('SILENT?', { deadlineMs: 30 })).rejects.toMatchObject({ code: 'device.timeout' })
  session.abort([':ABOR'])
  expect(await session.query('NEXT?')).toBe('NEXT')
  expect(instrument.lines).toEqual(['SILENT?', ':ABOR', ':ABOR', 'NEXT?'])
})

it('is lost, with the reason, when the line drops', async () => {
  await using instrument = await listen((_, socket) => socket.destroy())
  const { session, lost } = await openSession(instrument.port)
  using _ = session
  await expect(session.query('*IDN?')).rejects.toMatchObject({ code: 'connection.lost' })
  expect(lost).toHaveLength(1)
  await expect(session.query('*IDN?')).rejects.toMatchObject({ code: 'connection.lost' })
})

it('refuses the sixty-fifth that waits, and says what to do', async () => {
  await using instrument = await listen(() => {})
  const { session } = await openSession(instrument.port)
  const all = Array.from({ length: 66 }, () => session.query('Q?').catch((error: Error) => error.message))
  expect(await all[65]).toMatch(/64 requests waiting already: wait/)
  session[Symbol.dispose]()
  await Promise.all(all)
})
