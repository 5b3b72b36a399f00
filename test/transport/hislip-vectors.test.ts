import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { hislipTransport } from '../../bridge/transport/hislip/transport.ts'
import type { Transport } from '../../bridge/transport/transport.ts'
import { Collector } from '../support/receiver.ts'
import {
  HS,
  NO_CONTROL,
  NO_RMT,
  askIdentity,
  complete,
  releaseLock,
  lockError,
  Trigger,
  askSlow,
  unknownType,
  refusal,
  poorHeader,
  fatality,
  type Channel,
  client,
  server,
  opening,
  identifying,
  completing,
  polling,
  locking,
  unlocking,
  goingRemote,
  clearing,
} from '../support/hislip-vectors.ts'
import { Dialogue, keepConnections, Tap, type Vector } from '../support/vectors.ts'
import { echo, share } from '../instrument/share-rig.ts'

describe('our end as HiSLIP’s client', () => {
  const never = new AbortController().signal

  /** A session that was opened in these bytes, with what plays the server. */
  async function open(): Promise<
    AsyncDisposable & { dut: Transport; heard: Collector; peer: Dialogue<Channel> }
  > {
    const peers = await keepConnections()
    const peer = new Dialogue<Channel>('server', (on) => peers.tap(on === 'sync' ? 0 : 1))
    const heard = new Collector()
    const opened = hislipTransport('127.0.0.1', peers.port, 'hislip0')(heard, never)
    opened.catch(() => {})
    await peer.playAll(opening)
    const dut = await opened
    const close = async (): Promise<void> => {
      dut.close()
      await peers[Symbol.asyncDispose]()
    }
    return { dut, heard, peer, [Symbol.asyncDispose]: close }
  }

  function ask(dut: Transport, text: string): void {
    dut.write(text)
    dut.expectAnswer?.()
  }

  it('asks, is answered, and does everything else in the bytes of the standard', async () => {
    await using session = await open()
    const { dut, heard, peer } = session
    ask(dut, '*IDN?\n')
    await peer.playAll(identifying)
    expect(await heard.answer()).toBe('*IDN\r')
    ask(dut, '*OPC?\n')
    await peer.playAll(completing)
    expect(await heard.answer()).toBe('*OPC\r')
    const status = dut.bus?.readStatusByte(never)
    await peer.playAll(polling)
    expect(await status).toBe(0x20)
    const locked = dut.bus?.lock(1500, never)
    await peer.playAll(locking)
    await locked
    const unlocked = dut.bus?.unlock(never)
    await peer.playAll(unlocking)
    await unlocked
    const remote = dut.bus?.remote(true, never)
    await peer.playAll(goingRemote)
    await remote
    await dut.bus?.trigger(never)
    await peer.play(client('sync', Trigger))
    ask(dut, 'SLOW?\n')
    await peer.play(client('sync', askSlow))
    const cleared = dut.clear?.(never)
    await peer.playAll(clearing)
    await cleared
    expect(heard.failures).toMatchObject([{ code: 'aborted' }])
    ask(dut, '*IDN?\n')
    await peer.playAll(identifying)
    expect(await heard.answer()).toBe('*IDN\r')
    expect(heard.lost).toEqual([])
  })

  it('puts an answer together from Data and DataEnd', async () => {
    await using session = await open()
    ask(session.dut, '*IDN?\n')
    const first: Vector = [
      HS,
      ['06', 'Data'],
      NO_CONTROL,
      ['ffffff00', 'MessageID'],
      ['0000000000000002', 'payload length'],
      ['41 42', '"AB"'],
    ]
    const last: Vector = [
      HS,
      ['07', 'DataEnd'],
      NO_CONTROL,
      ['ffffff00', 'MessageID'],
      ['0000000000000002', 'payload length'],
      ['43 0a', '"C\\n"'],
    ]
    await session.peer.playAll([client('sync', askIdentity), server('sync', first), server('sync', last)])
    expect(await session.heard.answer()).toBe('ABC')
  })

  it('fails what an Error refuses and goes on, and is lost with a FatalError', async () => {
    await using session = await open()
    const { dut, heard, peer } = session
    ask(dut, '*IDN?\n')
    await peer.playAll([client('sync', askIdentity), server('sync', refusal)])
    await expect
      .poll(() => heard.failures)
      .toMatchObject([
        { code: 'device.unsupported', message: expect.stringMatching(/an unknown message type$/) },
      ])
    await peer.play(server('async', fatality))
    await expect
      .poll(() => heard.lost)
      .toMatchObject([
        {
          code: 'connection.lost',
          message: expect.stringMatching(
            /poorly formed message header \("not a message that is taken here"\)$/,
          ),
        },
      ])
  })
})

describe('our end as HiSLIP’s server, on a shared port', () => {
  /** What plays the client, on a shared port of an instrument that answers each question with itself. */
  async function open(): Promise<
    AsyncDisposable & { peer: Dialogue<Channel>; lines: string[]; sync: Promise<Tap> }
  > {
    const answer = echo((line) => (line === 'SLOW?' ? 200 : 0))
    const shared = await share((line, socket) => {
      if (line === '*STB?') socket.write('32\n')
      else answer(line, socket)
    })
    const taps: Partial<Record<Channel, Promise<Tap>>> = {}
    const tap = (on: Channel): Promise<Tap> => (taps[on] ??= connectTo(shared.hislip))
    const close = async (): Promise<void> => {
      for (const made of Object.values(taps)) (await made).socket.destroy()
      await shared[Symbol.asyncDispose]()
    }
    const peer = new Dialogue<Channel>('client', tap)
    return { peer, lines: shared.lines, sync: tap('sync'), [Symbol.asyncDispose]: close }
  }

  async function connectTo(port: number): Promise<Tap> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    return new Tap(socket)
  }

  it('understands and answers in the bytes of the standard', async () => {
    await using session = await open()
    const { peer, lines } = session
    await peer.playAll(opening)
    await peer.playAll([...identifying, ...completing, ...polling, ...locking, ...unlocking])
    await peer.playAll([client('async', releaseLock), server('async', lockError), ...goingRemote])
    await peer.playAll([client('sync', Trigger), client('sync', askSlow)])
    await expect.poll(() => lines).toEqual(['*IDN?', '*OPC?', '*STB?', '*TRG', 'SLOW?'])
    await peer.playAll([...clearing, ...identifying])
    expect((await session.sync).rest).toBe('')
  })

  it('puts a message together from Data and DataEnd, and answers with the number of its end', async () => {
    await using session = await open()
    const first: Vector = [
      HS,
      ['06', 'Data'],
      NO_RMT,
      ['ffffff00', 'MessageID, the first'],
      ['0000000000000002', 'payload length'],
      ['2a 4f', '"*O"'],
    ]
    const last: Vector = [
      HS,
      ['07', 'DataEnd'],
      NO_RMT,
      ['ffffff02', 'MessageID, two on'],
      ['0000000000000004', 'payload length'],
      ['50 43 3f 0a', '"PC?\\n"'],
    ]
    await session.peer.playAll([
      ...opening,
      client('sync', first),
      client('sync', last),
      server('sync', complete),
    ])
  })

  it('refuses an unknown type with an Error and goes on, and a header that is none with a FatalError', async () => {
    await using session = await open()
    const { peer } = session
    await peer.playAll(opening)
    for (const on of ['sync', 'async'] as const)
      await peer.playAll([client(on, unknownType), server(on, refusal)])
    await peer.playAll(identifying)
    await peer.playAll([client('sync', poorHeader), server('sync', fatality)])
    const { socket } = await session.sync
    await expect.poll(() => socket.readableEnded || socket.destroyed, { timeout: 5000 }).toBe(true)
  })
})
