import { expect, it } from 'vitest'
import { Admission } from '../../bridge/instrument/share/admission.ts'
import { shareConfig } from '../../bridge/instrument/share/config.ts'

const admission = (clients: { name: string; address: string; act?: boolean }[]): Admission =>
  new Admission(shareConfig.parse({ port: 0, clients }).clients)

it('listens on loopback alone until the list names another machine', () => {
  expect(admission([]).host).toBe('127.0.0.1')
  expect(admission([{ name: 'mine', address: '127.0.0.1' }]).host).toBe('127.0.0.1')
  expect(admission([{ name: 'rack', address: '192.168.1.7' }]).host).toBeUndefined()
})

it('admits this machine by its address and port, and others only when they are listed', () => {
  const { admit } = { admit: admission([{ name: 'rack', address: '192.168.1.7', act: true }]) }
  expect(admit.admit('127.0.0.1', 5000)).toEqual({ who: '127.0.0.1:5000', acts: false, mayEmit: false })
  expect(admit.admit('::1', 5000)).toEqual({ who: '[::1]:5000', acts: false, mayEmit: false })
  expect(admit.admit('::ffff:192.168.1.7', 6000)).toEqual({
    who: 'rack (192.168.1.7:6000)',
    acts: true,
    mayEmit: false,
  })
  expect(admit.admit('192.168.1.8', 6000)).toBeUndefined()
})

it('takes a network, in either family', () => {
  const list = admission([
    { name: 'lab', address: '10.1.0.0/16' },
    { name: 'six', address: 'fd00::/8' },
  ])
  expect(list.admit('10.1.200.3', 1)?.who).toBe('lab (10.1.200.3:1)')
  expect(list.admit('10.2.0.1', 1)).toBeUndefined()
  expect(list.admit('fd12::5', 1)?.who).toBe('six ([fd12::5]:1)')
})

it.each(['lab.example.org', '10.0.0', '10.0.0.0/33', '10.0.0.0/8/8', '0x7f.1'])(
  'refuses %s for an address',
  (address) => {
    expect(() => admission([{ name: 'x', address }])).toThrow(/expected an IP address/)
  },
)
