import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { networkInterfaces } from 'node:os'
import { BenchError } from '../../../../shared/wire/errors.ts'

/** What is not the public internet (RFC 6890 and its registry): this machine, private networks, links, groups. */
const SPECIAL: readonly string[] = [
  ...[
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
  ],
  ...[
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ],
  ...[
    '::/128',
    '::1/128',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/32',
    '2001:db8::/32',
    '2002::/16',
    'fc00::/7',
    'fe80::/10',
    'ff00::/8',
  ],
]

interface Allowed {
  networks: BlockList
  name: string | undefined
  port: number | undefined
}

/** Which addresses the watches of pages may ask: public ones, and what the configuration allows besides. */
export class Addresses {
  readonly #special = new BlockList()
  readonly #allowed: Allowed[]

  /** Throws `config.invalid` for an entry that is neither an address, a network nor a name. */
  constructor(allow: readonly string[]) {
    for (const network of SPECIAL) addNetwork(this.#special, network)
    this.#allowed = allow.map(readAllowed)
  }

  /** Throws `watch.failed` for a host by whose name alone it is clear that it must not be asked. */
  requireHost(host: string, port: number): void {
    const name = host.replace(/^\[(.*)\]$/, '$1')
    if (isIP(name) !== 0 && !this.may(name, name, port)) throw refusal(name, name)
  }

  /** Whether `host`, which is found at `address`, may be asked. */
  may(host: string, address: string, port: number): boolean {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
    const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4'
    const listed = this.#allowed.some(
      ({ networks, name, port: only }) =>
        (only === undefined || only === port) &&
        (name === undefined ? networks.check(plain, family) : name === host.toLowerCase()),
    )
    return listed || !(this.#special.check(plain, family) || /^::ffff:/i.test(plain) || isOwn(plain))
  }

  /** Why an address must not be asked, its name looked up; undefined when it may, or cannot be found. */
  async refusalOf(url: URL): Promise<string | undefined> {
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    try {
      this.requireHost(url.hostname, port)
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
      await new Promise<void>((resolve, reject) =>
        this.lookupFor(port)(host, { all: true }, (error) => (error ? reject(error) : resolve())),
      )
      return undefined
    } catch (error) {
      return error instanceof BenchError ? error.message : undefined
    }
  }

  /** Looks a name up as `net.connect` does, and hears only of addresses that may be asked. */
  lookupFor(port: number): LookupFunction {
    return (host, options, answer) => {
      dnsLookup(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
        if (error) {
          answer(error, '', 0)
          return
        }
        const fit = found.filter(({ address }) => this.may(host, address, port))
        const [first] = fit
        if (!first) answer(refusal(host, found[0]?.address ?? 'no address'), '', 0)
        else if (options.all) answer(null, fit)
        else answer(null, first.address, first.family)
      })
    }
  }
}

function refusal(host: string, address: string): BenchError & NodeJS.ErrnoException {
  const where = host === address ? address : `${host} (${address})`
  return new BenchError(
    'watch.failed',
    `${where} is on this machine or a private network, and not to be asked: an administrator can allow it with watches.pages.allow in bench.yaml`,
  )
}

/** The machine's own addresses may be public ones. */
function isOwn(address: string): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address))
}

function readAllowed(entry: string): Allowed {
  const networks = new BlockList()
  const [, bracketed, plain, digits] =
    /^(?:\[([^\]]+)\]|([^:]+|[^:]*:[^:]*:.*?))(?::(\d+))?$/.exec(entry) ?? []
  const host = bracketed ?? plain ?? ''
  const port = digits === undefined ? undefined : Number(digits)
  if (isIP(host.split('/', 1)[0] ?? '') !== 0) {
    addNetwork(networks, host)
    return { networks, name: undefined, port }
  }
  if (/^[\w.-]+$/.test(host)) return { networks, name: host.toLowerCase(), port }
  throw new BenchError(
    'config.invalid',
    `watches.pages.allow: "${entry}" is neither an address, a network (10.0.0.0/24) nor a name`,
  )
}

function addNetwork(list: BlockList, text: string): void {
  const [address = '', prefix] = text.split('/')
  const six = isIP(address) === 6
  try {
    list.addSubnet(address, prefix === undefined ? (six ? 128 : 32) : Number(prefix), six ? 'ipv6' : 'ipv4')
  } catch (cause) {
    throw new BenchError('config.invalid', `watches.pages.allow: "${text}" is no network`, { cause })
  }
}
