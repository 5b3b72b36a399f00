import { randomBytes } from 'node:crypto'
import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LatchFile } from '../../bridge/core/latch.ts'
import { Places } from '../../bridge/guardian/places.ts'
import { fromBridge, messages, socketPath } from '../../bridge/guardian/protocol.ts'
import { restartAfter } from '../../bridge/guardian/restarts.ts'
import { readTicket, signTicket } from '../../bridge/guardian/ticket.ts'

describe('a bridge that dies again and again', () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 1000],
    [3, 5000],
    [4, 30_000],
    [5, undefined],
  ])('after %i deaths waits %s ms', (count, pauseMs) => {
    const now = 1_000_000
    const deaths = Array.from({ length: count }, () => now)
    expect(restartAfter(deaths, now).pauseMs).toBe(pauseMs)
  })

  it('waits what is left of the pause, and forgets deaths after ten minutes', () => {
    expect(restartAfter([0, 0, 1000], 3000).pauseMs).toBe(3000)
    expect(restartAfter([0, 1, 2, 3, 4], 600_004).pauseMs).toBe(0)
  })
})

describe('a stop ticket', () => {
  const key = randomBytes(32)
  const content = { session: 's1', name: 'ada', until: 1000 }

  it('says whose it is until it is over', () => {
    const ticket = signTicket(key, content)
    expect(readTicket(key, ticket, 999)).toEqual(content)
    expect(readTicket(key, ticket, 1000)).toBeUndefined()
  })

  it('is worth nothing with another key, changed, cut or with more behind it', () => {
    const ticket = signTicket(key, content)
    const [body = '', sign = ''] = ticket.split('.')
    const other = Buffer.from(JSON.stringify({ ...content, name: 'eve' })).toString('base64url')
    for (const forged of [
      `${other}.${sign}`,
      body,
      `${body}.`,
      `${ticket}.x`,
      '',
      '.',
      `${body}.${sign.slice(0, -2)}`,
    ])
      expect(readTicket(key, forged, 0), forged).toBeUndefined()
    expect(readTicket(randomBytes(32), ticket, 0)).toBeUndefined()
  })
})

describe('places on the guardian’s port', () => {
  it('are kept for this machine and for those who have shown a ticket, whatever strangers do', () => {
    const places = new Places(() => 0)
    places.knows('10.0.0.1')
    const strangers = Array.from({ length: 1000 }, (_, i) => places.take(`192.168.${i % 20}.${i}`))
    expect(strangers.filter((place) => place !== undefined)).toHaveLength(128)
    expect(places.take('10.0.0.1')).toBeDefined()
    expect(places.take('127.0.0.1')).toBeDefined()
    expect(places.take('192.168.1.1')).toBeUndefined()
    strangers[0]?.()
    expect(places.take('192.168.1.1')).toBeDefined()
  })

  it('are 16 for one stranger', () => {
    const places = new Places(() => 0)
    const taken = Array.from({ length: 20 }, () => places.take('192.168.1.1'))
    expect(taken.filter((place) => place !== undefined)).toHaveLength(16)
  })
})

describe('the latch of the emergency stop', () => {
  it('holds when what is on the disk cannot be read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightbench-'))
    const latch = new LatchFile(folder)
    expect(latch.read()).toBeUndefined()
    writeFileSync(join(folder, 'emergency-stop.json'), '{"at": 17')
    expect(latch.read()).toMatchObject({ by: 'the bridge' })
    latch.clear()
    expect(latch.read()).toBeUndefined()
  })

  it('takes no more room when it is set, holds by what older versions wrote, and is shorter after a longer one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightbench-'))
    const file = join(folder, 'emergency-stop.json')
    const latch = new LatchFile(folder)
    expect(latch.read()).toBeUndefined()
    const { size, blocks, ino } = statSync(file)
    latch.set({ at: 1, by: 'ada', why: 'x'.repeat(5000) })
    expect(latch.read()).toMatchObject({ at: 1, by: 'ada' })
    latch.set({ at: 2, by: 'ben' })
    expect(latch.read()).toEqual({ at: 2, by: 'ben' })
    expect(statSync(file)).toMatchObject({ size, blocks, ino })
    writeFileSync(file, '{"at":3,"by":"olga","why":"smoke"}')
    expect(latch.read()).toEqual({ at: 3, by: 'olga', why: 'smoke' })
  })
})

describe('messages between bridge and guardian', () => {
  it('are cut at line ends wherever the pieces fall', () => {
    const heard: unknown[] = []
    const broken: string[] = []
    const take = messages(
      fromBridge,
      (message) => heard.push(message),
      (why) => broken.push(why),
    )
    for (const piece of ['{"say":"be', 'at"}\n{"say":"goodbye"}', '\n', '{"say":"what"}\n']) take(piece)
    expect(heard).toEqual([{ say: 'beat' }, { say: 'goodbye' }])
    expect(broken).toHaveLength(1)
  })

  it('go over a socket whose address Linux can hold', () => {
    expect(socketPath('/data')).toBe('/data/guardian.sock')
    const long = socketPath(`/${'x'.repeat(200)}`)
    expect(Buffer.byteLength(long)).toBeLessThan(108)
    expect(long).not.toBe(socketPath(`/${'y'.repeat(200)}`))
  })
})
