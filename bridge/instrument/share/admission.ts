import { BlockList, isIP } from 'node:net'
import { isLoopback } from '../../core/loopback.ts'
import type { ShareConfig } from './config.ts'

/** A program that may connect. */
export interface Admitted {
  /** As the journal has it: its name, if it has one, and where it comes from. */
  who: string
  /** It may act though somebody holds the lease. */
  acts: boolean
  /** It may switch light on. */
  mayEmit: boolean
}

/** Who may connect to a shared port: this machine, and whoever is on the list. */
export class Admission {
  readonly #listed: (Omit<Admitted, 'who'> & { name: string; network: BlockList })[]
  /** Where to listen: on loopback alone unless the list names another machine; undefined is everywhere. */
  readonly host: string | undefined

  constructor(clients: ShareConfig['clients']) {
    this.#listed = clients.map(({ name, address, act, mayEmit }) => ({
      ...{ name, acts: act, mayEmit },
      network: networkOf(address),
    }))
    this.host = clients.every(({ address }) => isLoopback(address.split('/')[0] ?? ''))
      ? '127.0.0.1'
      : undefined
  }

  /** Undefined for one that may not. */
  admit(address: string, port: number): Admitted | undefined {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
    const from = `${plain.includes(':') ? `[${plain}]` : plain}:${port}`
    const listed = this.#listed.find(({ network }) => network.check(plain, familyOf(plain)))
    if (listed) {
      const { name, acts, mayEmit } = listed
      return { who: `${name} (${from})`, acts, mayEmit }
    }
    return isLoopback(plain) ? { who: from, acts: false, mayEmit: false } : undefined
  }
}

function networkOf(address: string): BlockList {
  const [ip = '', bits] = address.split('/')
  const network = new BlockList()
  if (bits === undefined) network.addAddress(ip, familyOf(ip))
  else network.addSubnet(ip, Number(bits), familyOf(ip))
  return network
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
