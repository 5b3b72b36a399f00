import { networkInterfaces } from 'node:os'

/** Cards that lead to containers and virtual machines of this computer, where no viewer is. */
const VIRTUAL = /^(docker|br-|veth|virbr|cni|flannel|podman|lxc)/

/**
 * The addresses on which viewers can reach `host`: itself, or for 0.0.0.0 and :: every IPv4 address of a real network
 * card, and the loopback. Each is bound by itself: a viewer is told only of addresses that somebody listens on.
 */
export function listenAddresses(host: string): string[] {
  if (host === 'localhost') return ['127.0.0.1']
  if (host !== '0.0.0.0' && host !== '::') return [host]
  const cards = Object.entries(networkInterfaces()).filter(([name]) => !VIRTUAL.test(name))
  const ipv4 = cards.flatMap(([, all]) => all ?? []).filter((address) => address.family === 'IPv4')
  return ipv4.sort((a, b) => Number(a.internal) - Number(b.internal)).map(({ address }) => address)
}
