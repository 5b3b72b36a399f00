import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { Handshakes } from '../../bridge/server/handshakes.ts'
import { Door } from '../../bridge/server/origin.ts'

class Rig {
  readonly refused: [address: string, what: string, code: string][] = []
  readonly handshakes = new Handshakes({
    door: new Door({ names: ['bench'], origins: [] }),
    identify: ({ authorization }) =>
      authorization === undefined ? undefined : { name: 'ada', role: 'viewer', via: 'token', key: 'k' },
    gate: {
      addressOf: ({ headers }) => String(headers['x-from']),
      mayBegin: () => true,
      refused: (...refused) => void this.refused.push(refused),
    },
  })

  /** Answers the connection, or undefined when it may not begin. */
  begin(from: string, headers: Record<string, string> = {}): EventEmitter | undefined {
    const request = { headers: { host: 'bench', 'x-from': from, ...headers } } as unknown as IncomingMessage
    let connection: EventEmitter | undefined
    this.handshakes.allow(request, (_, may) => {
      if (may) connection = new EventEmitter()
    })
    if (connection) this.handshakes.begun(Object.assign(connection, { request }))
    return connection
  }

  many(count: number, from: (i: number) => string, headers?: Record<string, string>): EventEmitter[] {
    return Array.from({ length: count }, (_, i) => this.begin(from(i), headers)).filter((each) => !!each)
  }
}

it('lets 32 connections of one network wait to say who they are, and 256 in all', () => {
  const rig = new Rig()
  expect(rig.many(40, () => '192.0.2.1')).toHaveLength(32)
  expect(rig.refused).toEqual(Array(8).fill(['192.0.2.1', 'a page’s connection', 'calls.exceeded']))
  expect(rig.many(1000, (i) => `198.51.100.${i % 256}`)).toHaveLength(256 - 32)
  expect(rig.begin('203.0.113.1')).toBeUndefined()
})

it('lets those begin whose headers say who they are, however many wait', () => {
  const rig = new Rig()
  rig.many(40, () => '192.0.2.1')
  expect(rig.many(100, () => '192.0.2.1', { authorization: 'Bearer x' })).toHaveLength(100)
})

it('gives a place back once somebody has said who they are, or has gone', () => {
  const rig = new Rig()
  const [first, second] = rig.many(32, () => '192.0.2.1')
  rig.handshakes.identified(first!)
  first!.emit('close')
  second!.emit('close')
  expect(rig.many(10, () => '192.0.2.1')).toHaveLength(2)
})

it('lets none begin from a foreign page', () => {
  const rig = new Rig()
  expect(rig.begin('192.0.2.1', { origin: 'https://evil.example' })).toBeUndefined()
  expect(rig.refused).toEqual([['192.0.2.1', 'a page’s connection', 'origin.foreign']])
})
