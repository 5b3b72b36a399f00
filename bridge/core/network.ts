import { isIPv6 } from 'node:net'

/** An address as it is compared: IPv4 as such, however it was written, and without a zone. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

/** What is counted as one sender: one machine has as many IPv6 addresses as it likes, all in one /64. */
export function networkOf(address: string): string {
  const plain = plainAddress(address)
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - groups.length - behind.length }, () => '0')
  const all = [...groups, ...zeros, ...behind]
  // Loopback is one machine, and ::1 is all that there is in its network.
  if (all.every((group, i) => Number.parseInt(group, 16) === (i === 7 ? 1 : 0))) return '::1'
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
    .toLowerCase()
}
