import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Transport } from '../../bridge/transport/transport.ts'
import { vxi11Transport } from '../../bridge/transport/vxi11/transport.ts'
import { Collector } from '../support/receiver.ts'
import {
  CALL,
  NO_AUTH,
  REPLY,
  nothingButError,
  create_link,
  link,
  writeIdentity,
  writeSlow,
  written,
  device_read,
  identity,
  identityInTwo,
  aborted,
  device_readstb,
  statusByte,
  device_trigger,
  device_clear,
  device_lock,
  device_unlock,
  notLocked,
  device_abort,
  destroy_link,
  noProcedure,
  type Channel,
  client,
  server,
  core,
  opening,
  identifying,
} from '../support/vxi11-vectors.ts'
import { Dialogue, keepConnections, Tap, type Vector } from '../support/vectors.ts'
import { echo, share } from '../instrument/share-rig.ts'

describe('our end as VXI-11’s client', () => {
  const never = new AbortController().signal

  /** A session that was opened in these bytes, with what plays the server. */
  async function open(): Promise<
    AsyncDisposable & { dut: Transport; heard: Collector; peer: Dialogue<Channel> }
  > {
    const peers = {
      portmapper: await keepConnections(),
      core: await keepConnections(),
      abort: await keepConnections(),
    }
    const hex = (number: number): string => number.toString(16).padStart(8, '0')
    const peer = new Dialogue<Channel>('server', (on) => peers[on].tap(0), {
      "server's core port": hex(peers.core.port),
      "server's abort port": hex(peers.abort.port),
    })
    const heard = new Collector()
    const opened = vxi11Transport('127.0.0.1', 'inst0', { portmapperPort: peers.portmapper.port })(
      heard,
      never,
    )
    opened.catch(() => {})
    await peer.playAll(opening)
    const dut = await opened
    const close = async (): Promise<void> => {
      dut.close()
      for (const one of Object.values(peers)) await one[Symbol.asyncDispose]()
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
    ask(dut, '*IDN?\n')
    await peer.playAll([...core(writeIdentity, written), ...core(device_read, identityInTwo)])
    expect(await heard.answer()).toBe('*IDN\r')
    const status = dut.bus?.readStatusByte(never)
    await peer.playAll(core(device_readstb, statusByte))
    expect(await status).toBe(0x20)
    const triggered = dut.bus?.trigger(never)
    await peer.playAll(core(device_trigger, nothingButError))
    await triggered
    const locked = dut.bus?.lock(1500, never)
    await peer.playAll(core(device_lock, nothingButError))
    await locked
    for (const reply of [nothingButError, notLocked]) {
      const unlocked = dut.bus?.unlock(never).catch((error: unknown) => error)
      await peer.playAll(core(device_unlock, reply))
      if (reply === notLocked) expect(await unlocked).toMatchObject({ code: 'device.unsupported' })
      else expect(await unlocked).toBeUndefined()
    }
    expect(heard.lost).toEqual([])
    dut.close()
    await peer.play(client('core', destroy_link))
  })

  it('aborts a read that waits before it clears the device', async () => {
    await using session = await open()
    const { dut, heard, peer } = session
    ask(dut, 'SLOW?\n')
    await peer.playAll([...core(writeSlow, written), client('core', device_read)])
    const cleared = dut.clear?.(never)
    await peer.playAll([client('abort', device_abort), server('abort', nothingButError)])
    await peer.play(server('core', aborted))
    await peer.playAll(core(device_clear, nothingButError))
    await cleared
    expect(heard.failures).toMatchObject([{ code: 'aborted' }])
    ask(dut, '*IDN?\n')
    await peer.playAll(identifying)
    expect(await heard.answer()).toBe('*IDN\r')
  })

  it('hears that there is no such procedure, and goes on', async () => {
    await using session = await open()
    const { dut, heard, peer } = session
    const status = dut.bus?.readStatusByte(never).catch((error: unknown) => error)
    await peer.playAll(core(device_readstb, noProcedure))
    expect(await status).toMatchObject({
      code: 'device.unsupported',
      message: expect.stringMatching(/the procedure is not there/),
    })
    ask(dut, '*IDN?\n')
    await peer.playAll(identifying)
    expect(await heard.answer()).toBe('*IDN\r')
  })
})

describe('our end as VXI-11’s server, on a shared port', () => {
  /** What plays the client, on a shared port of an instrument that answers each question with itself. */
  async function open(): Promise<AsyncDisposable & { peer: Dialogue<Channel>; lines: string[] }> {
    const answer = echo((line) => (line === 'SLOW?' ? 200 : 0))
    const shared = await share(
      (line, socket) => {
        if (line === '*STB?') socket.write('32\n')
        else answer(line, socket)
      },
      { portmapperPort: 0 },
    )
    const taps: Partial<Record<Channel, Promise<Tap>>> = {}
    const ports: Record<Channel, () => number> = {
      portmapper: () => shared.port.address.portmapperPort ?? 0,
      core: () => peer.chosen("server's core port"),
      abort: () => peer.chosen("server's abort port"),
    }
    const peer = new Dialogue<Channel>('client', (on) => (taps[on] ??= connectTo(ports[on]())))
    const close = async (): Promise<void> => {
      for (const made of Object.values(taps)) (await made).socket.destroy()
      await shared[Symbol.asyncDispose]()
    }
    return { peer, lines: shared.lines, [Symbol.asyncDispose]: close }
  }

  async function connectTo(at: number): Promise<Tap> {
    const socket = connect({ host: '127.0.0.1', port: at, noDelay: true })
    await once(socket, 'connect')
    return new Tap(socket)
  }

  it('understands and answers in the bytes of the standard', async () => {
    await using session = await open()
    const { peer, lines } = session
    await peer.playAll([...opening, ...identifying])
    await peer.playAll(core(device_readstb, statusByte))
    await peer.playAll(core(device_trigger, nothingButError))
    await peer.playAll(core(device_lock, nothingButError))
    await peer.playAll([...core(device_unlock, nothingButError), ...core(device_unlock, notLocked)])
    await peer.playAll([...core(writeSlow, written), client('core', device_read)])
    await expect.poll(() => lines).toEqual(['*IDN?', '*STB?', '*TRG', 'SLOW?'])
    await peer.playAll([client('abort', device_abort), server('abort', nothingButError)])
    await peer.play(server('core', aborted))
    await peer.playAll([...core(device_clear, nothingButError), ...identifying])
    await peer.playAll(core(destroy_link, nothingButError))
    // The connection may make another.
    await peer.playAll([...core(create_link, link), ...identifying])
  })

  it('takes a call in two fragments', async () => {
    await using session = await open()
    await session.peer.playAll(opening)
    const [, ...head] = writeIdentity.slice(0, -2)
    const inTwo: Vector = [
      ['0000003c', 'not the last fragment, 60 bytes'],
      ...head,
      ['00000006', 'length of the data'],
      ['80000008', 'last fragment, 8 bytes'],
      ['2a 49 44 4e 3f 0a 0000', '"*IDN?\\n", padded to 8 bytes'],
    ]
    await session.peer.playAll([...core(inTwo, written), ...core(device_read, identity)])
  })

  it('refuses what is not there as RPC has it, and goes on', async () => {
    await using session = await open()
    const { peer } = session
    await peer.playAll(opening)
    const call = (program: string, version: string, procedure: string): Vector => [
      ['80000028', 'last fragment, 40 bytes'],
      ...CALL,
      [program, 'program'],
      [version, 'version'],
      [procedure, 'procedure'],
      ...NO_AUTH,
    ]
    const refused = (status: string, what: string): Vector => [
      ['80000018', 'last fragment, 24 bytes'],
      ...REPLY,
      [status, what],
    ]
    const otherVersions: Vector = [
      ['80000020', 'last fragment, 32 bytes'],
      ...REPLY,
      ['00000002', 'PROG_MISMATCH'],
      ['00000001', 'lowest version'],
      ['00000001', 'highest version'],
    ]
    await peer.playAll(core(call('000607b1', '00000001', '0000000a'), refused('00000001', 'PROG_UNAVAIL')))
    await peer.playAll(core(call('000607af', '00000002', '0000000a'), otherVersions))
    await peer.playAll(core(call('000607af', '00000001', '00000063'), noProcedure))
    await peer.playAll(core(call('000607af', '00000001', '0000000a'), refused('00000004', 'GARBAGE_ARGS')))
    await peer.playAll(
      core(call('000607af', '00000001', '00000000'), refused('00000000', 'SUCCESS, of nothing')),
    )
    await peer.playAll(identifying)
  })
})
