import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { TrustedProxies } from '../../bridge/core/trusted-proxies.ts'

const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/24', '2001:db8::/64'])

const from = (remoteAddress: string, noted?: string): string =>
  proxies.addressOf({
    socket: { remoteAddress } as IncomingMessage['socket'],
    headers: noted === undefined ? {} : { 'x-forwarded-for': noted },
  })

it.each([
  ['a stranger who says to be somebody else', '192.0.2.1', '127.0.0.1', '192.0.2.1'],
  ['a proxy’s client', '127.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['a proxy’s client, IPv4 in IPv6', '::ffff:127.0.0.1', '::ffff:192.0.2.1', '192.0.2.1'],
  ['a proxy’s client over IPv6', '2001:db8::7', '2001:db8:1::1', '2001:db8:1::1'],
  ['what the client wrote before the proxy did', '127.0.0.1', '203.0.113.9, 192.0.2.1', '192.0.2.1'],
  ['two proxies, one behind the other', '127.0.0.1', '203.0.113.9, 192.0.2.1, 10.0.0.7', '192.0.2.1'],
  ['a client on the proxy’s machine', '10.0.0.7', '10.0.0.7', '10.0.0.7'],
  ['nothing that a proxy has noted', '10.0.0.7', undefined, '10.0.0.7'],
  ['no address', '10.0.0.7', '192.0.2.1, unknown', '10.0.0.7'],
])('finds the address of %s', (_, remote, noted, address) => {
  expect(from(remote, noted)).toBe(address)
})

it('trusts those alone that it was told', () => {
  expect(proxies.trusts('10.0.0.255')).toBe(true)
  for (const address of ['10.0.1.0', '127.0.0.2', '2001:db8:0:1::1', '', 'nonsense'])
    expect(proxies.trusts(address), address).toBe(false)
  expect(new TrustedProxies([]).trusts('127.0.0.1')).toBe(false)
})

it.each(['', 'lab', '10.0.0.0/33', '10.0.0/8', '::1/129', '10.0.0.1/x', '10.0.0.1:80'])(
  'takes no %j for an address',
  (text) => {
    expect(() => new TrustedProxies([text])).toThrow(RangeError)
  },
)
