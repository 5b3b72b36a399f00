import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { plainAddress } from './network.ts'

/** The proxies that may say whose a request is, by address or network (CIDR). */
export class TrustedProxies {
  readonly #networks = new BlockList()
  /** Whether there is any. */
  readonly some: boolean

  /** Throws a RangeError for what is no address and no network. */
  constructor(networks: readonly string[]) {
    this.some = networks.length > 0
    for (const network of networks) {
      const [address = '', bits] = network.split('/')
      const family = familyOf(address)
      const most = family === 'ipv6' ? 128 : 32
      if (!family || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)))
        throw new RangeError(`${network} is no address and no network`)
      this.#networks.addSubnet(address, bits === undefined ? most : Number(bits), family)
    }
  }

  /** Whether this address is one of theirs. */
  trusts(address: string): boolean {
    const plain = plainAddress(address)
    const family = familyOf(plain)
    return family !== undefined && this.#networks.check(plain, family)
  }

  /**
   * The address of whoever sent a request: the connection's, unless a trusted proxy has it. Then the last of
   * X-Forwarded-For that is not a trusted proxy's own: what stands before it anybody may have written.
   */
  addressOf({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    let address = plainAddress(socket.remoteAddress ?? '')
    const noted = String(headers['x-forwarded-for'] ?? '').split(',')
    while (this.trusts(address)) {
      const before = plainAddress((noted.pop() ?? '').trim())
      if (isIP(before) === 0) break
      address = before
    }
    return address
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  return version === 6 ? 'ipv6' : version === 4 ? 'ipv4' : undefined
}
