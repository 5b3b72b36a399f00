import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { type ConnectionLimits, Connections } from '../../bridge/server/connections.ts'

const LIMITS: ConnectionLimits = {
  ...{ most: 20, mostUnknown: 10, mostOfStrangers: 7, mostPerStranger: 3, mostPerKnown: 5 },
  ...{ idleMs: 5000, requestMs: 30_000 },
}

class Rig {
  now = 0
  #port = 1000
  readonly refused: string[] = []
  readonly connections = new Connections({
    isKnown: (address) => address.startsWith('203.0.113.'),
    isProxy: (address) => address === '198.51.100.1',
    refused: (address) => this.refused.push(address),
    limits: LIMITS,
    now: () => this.now,
  })

  /** A connection that has been accepted; it is `destroyed` once it was sent away. */
  connect(address: string): Socket & { destroyed: boolean } {
    const socket = Object.assign(new EventEmitter(), {
      ...{ remoteAddress: address, remotePort: this.#port++, destroyed: false },
      destroy: () => {
        socket.destroyed = true
        socket.emit('close')
      },
    })
    const accepted = socket as unknown as Socket & { destroyed: boolean }
    this.connections.accept(accepted)
    return accepted
  }

  many(count: number, address: (i: number) => string): (Socket & { destroyed: boolean })[] {
    return Array.from({ length: count }, (_, i) => this.connect(address(i)))
  }
}

const open = (sockets: readonly { destroyed: boolean }[]): boolean[] => sockets.map((s) => !s.destroyed)

it('lets the oldest idle connection of an address give way to its newest', () => {
  const rig = new Rig()
  expect(open(rig.many(5, () => '192.0.2.1'))).toEqual([false, false, true, true, true])
  expect(rig.refused).toEqual([])
})

it('counts the addresses of one IPv6 network as one', () => {
  const rig = new Rig()
  expect(open(rig.many(4, (i) => `2001:db8::${i}`))).toEqual([false, true, true, true])
})

it('never sends one away that is identified, nor one that is being answered', () => {
  const rig = new Rig()
  const [known, busy, idle] = rig.many(3, () => '192.0.2.1')
  rig.connections.identified(known!)
  rig.connections.began(busy!)
  rig.many(9, () => '192.0.2.1')
  expect(open([known!, busy!, idle!])).toEqual([true, true, false])
  rig.connections.ended(busy!)
  rig.many(3, () => '192.0.2.1')
  expect(open([known!, busy!])).toEqual([true, false])
})

it('refuses one when all of its address are being answered, and gives places back', () => {
  const rig = new Rig()
  const busy = rig.many(3, () => '192.0.2.1')
  for (const socket of busy) rig.connections.began(socket)
  expect(rig.connect('192.0.2.1').destroyed).toBe(true)
  expect(rig.refused).toEqual(['192.0.2.1'])
  busy[0]!.destroy()
  expect(rig.connect('192.0.2.1').destroyed).toBe(false)
  expect(rig.connections.size).toBe(3)
})

it('keeps places that strangers of any number of addresses do not get', () => {
  const rig = new Rig()
  const people = rig.many(3, () => '203.0.113.1')
  const strangers = rig.many(100, (i) => `192.0.2.${i}`)
  expect(open(people)).toEqual([true, true, true])
  expect(open(strangers).filter(Boolean)).toHaveLength(7)
  // A person's next connection costs a stranger theirs.
  expect(rig.connect('203.0.113.2').destroyed).toBe(false)
  expect(rig.connect('127.0.0.1').destroyed).toBe(false)
  expect(open(people)).toEqual([true, true, true])
  expect(rig.connections.size).toBe(10)
})

it('takes no connection of a person’s for a stranger’s', () => {
  const rig = new Rig()
  const people = rig.many(10, (i) => `203.0.113.${i}`)
  expect(rig.connect('192.0.2.1').destroyed).toBe(true)
  expect(open(people)).toEqual(people.map(() => true))
})

it('counts those of a trusted proxy in the total alone, which is bounded', () => {
  const rig = new Rig()
  const through = rig.many(20, () => '198.51.100.1')
  expect(open(through)).toEqual(through.map(() => true))
  expect(rig.connect('198.51.100.1').destroyed).toBe(true)
  expect(rig.connections.size).toBe(20)
})

it('ends what strangers keep open: idle for 5 s, or one request for 30 s', () => {
  const rig = new Rig()
  const [idle, busy, known, later] = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map((address) =>
    rig.connect(address),
  )
  rig.connections.began(busy!)
  rig.connections.identified(known!)
  rig.now = 4999
  rig.connections.began(later!)
  rig.connections.ended(later!)
  rig.connections.sweep()
  expect(open([idle!, busy!, known!, later!])).toEqual([true, true, true, true])
  rig.now = 5000
  rig.connections.sweep()
  expect(open([idle!, busy!, known!, later!])).toEqual([false, true, true, true])
  rig.now = 30_000
  rig.connections.sweep()
  expect(open([busy!, known!, later!])).toEqual([false, true, false])
})
