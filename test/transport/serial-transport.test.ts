import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Session } from '../../bridge/instrument/scpi/session.ts'
import { openResource, wireOptions } from '../../bridge/transport/resource.ts'
import type { Receiver, Transport } from '../../bridge/transport/transport.ts'
import { Pty } from '../support/pty.ts'
import { Collector } from '../support/receiver.ts'

const never = new AbortController().signal

async function open(
  pty: Pty,
  serial: object = {},
  heard: Receiver = new Collector(),
): Promise<Transport & Disposable> {
  const transport = await openResource(`ASRL${pty.path}::INSTR`, wireOptions.parse({ serial }))(heard, never)
  return Object.assign(transport, { [Symbol.dispose]: () => transport.close() })
}

describe('a serial line', () => {
  it('carries a session: questions, answers, blocks', async () => {
    await using pty = await Pty.open()
    using session = await Session.open({
      device: 'dut',
      open: openResource(`ASRL${pty.path}::INSTR`),
      signal: never,
      lost: () => {},
    })
    const answer = session.query('*IDN?')
    await expect.poll(() => pty.heard).toBe('*IDN?\n')
    pty.say('ACME,1,2,3\r\n')
    expect(await answer).toBe('ACME,1,2,3')
    const body = Uint8Array.from({ length: 3000 }, (_, i) => i % 256)
    const block = session.run('bulk', (wire) => wire.block('DATA?', { into: (n) => new Uint8Array(n) }))
    await expect.poll(() => pty.heard).toContain('DATA?')
    pty.say('#43000')
    pty.say(body)
    pty.say('\n')
    expect(await block).toEqual(body)
  })

  it.each([
    ['lf', 'A\n'],
    ['cr', 'A\r'],
    ['crlf', 'A\r\n'],
  ])('ends what it sends with %s', async (sendEnd, sent) => {
    await using pty = await Pty.open()
    using line = await open(pty, { sendEnd })
    line.write('A\n')
    await expect.poll(() => pty.heard).toBe(sent)
  })

  it('takes a CR for the end of an answer where that is set, and leaves it alone elsewhere', async () => {
    await using pty = await Pty.open()
    const heard = new Collector()
    {
      using _ = await open(pty, { receiveEnd: 'cr' }, heard)
      pty.say('A\r')
      await expect.poll(() => heard.partial).toBe('A\n')
    }
    const again = new Collector()
    using _ = await open(pty, {}, again)
    pty.say('A\rB')
    await expect.poll(() => again.partial).toBe('A\rB')
  })

  it('does not take what was still on its way to the one before', async () => {
    await using pty = await Pty.open()
    pty.say('old answer\n')
    const heard = new Collector()
    const opening = open(pty, {}, heard)
    await sleep(60)
    pty.say('and more of it\n')
    using line = await opening
    line.write('NEW?\n')
    pty.say('new\n')
    await expect.poll(() => heard.partial).toBe('new\n')
  })

  it('is cleared by waiting until the line is quiet: what comes meanwhile is nobody’s', async () => {
    await using pty = await Pty.open()
    const heard = new Collector()
    using line = await open(pty, { clear: 'ctrl-c' }, heard)
    pty.say('half an ans')
    await expect.poll(() => heard.partial).toBe('half an ans')
    const cleared = line.clear?.(never)
    pty.say('wer\n')
    await cleared
    expect(pty.heard).toBe('\x03')
    expect(heard.failures).toMatchObject([{ code: 'aborted' }])
    pty.say('next\n')
    await expect.poll(() => heard.partial).toBe('next\n')
  })

  it('cannot be cleared while the instrument does not stop, and says so', async () => {
    await using pty = await Pty.open()
    using line = await open(pty)
    const chatter = setInterval(() => pty.say('x'), 40)
    await expect(line.clear?.(AbortSignal.timeout(400))).rejects.toMatchObject({ code: 'aborted' })
    clearInterval(chatter)
  })

  it('is lost when it is unplugged', async () => {
    await using pty = await Pty.open()
    const heard = new Collector()
    using _ = await open(pty, {}, heard)
    await pty.unplug()
    await expect
      .poll(() => heard.lost)
      .toMatchObject([{ code: 'connection.lost', message: expect.stringContaining(pty.path) }])
  })

  it('says what to do when there is no such port, and when another has it', async () => {
    const missing = openResource('ASRL/dev/ttyNONE::INSTR')(new Collector(), never)
    await expect(missing).rejects.toMatchObject({
      code: 'connection.lost',
      message: expect.stringMatching(/no serial port \/dev\/ttyNONE: is it plugged in/),
    })
    await using pty = await Pty.open()
    using _ = await open(pty)
    await expect(open(pty)).rejects.toMatchObject({
      code: 'device.busy',
      message: expect.stringMatching(/open in another program/),
    })
  })

  it('can be given up while it is being opened, and opened again then', async () => {
    await using pty = await Pty.open()
    const opening = openResource(`ASRL${pty.path}::INSTR`)(new Collector(), AbortSignal.timeout(20))
    await expect(opening).rejects.toMatchObject({ code: 'aborted' })
    await sleep(100)
    using line = await open(pty)
    line.write('A\n')
    await expect.poll(() => pty.heard).toBe('A\n')
  })
})
