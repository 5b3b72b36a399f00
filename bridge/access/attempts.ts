import { isIPv6 } from 'node:net'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { BenchError } from '../../shared/errors.ts'

/** Wrong passwords in a row for one account, before it rests. */
const PER_ACCOUNT = 5
/** Wrong passwords from one address, whoever they are for: people behind one router share it. */
const PER_ADDRESS = 20
const WINDOW_S = 15 * 60
const REST_S = 60

/** Slows those down who guess passwords: per account, and per address. */
export class Attempts {
  readonly #account = new RateLimiterMemory({
    points: PER_ACCOUNT,
    duration: WINDOW_S,
    blockDuration: REST_S,
  })
  readonly #address = new RateLimiterMemory({
    points: PER_ADDRESS,
    duration: WINDOW_S,
    blockDuration: REST_S,
  })

  /** Counts an attempt before it is looked at: many at once are counted as many. Rejects with `attempts.exceeded`. */
  async begin(account: string, address: string): Promise<void> {
    try {
      await this.#address.consume(networkOf(address))
      await this.#account.consume(account)
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      const seconds = Math.ceil(refused.msBeforeNext / 1000)
      throw new BenchError('attempts.exceeded', `too many attempts to sign in: try again in ${seconds} s`)
    }
  }

  /** The attempt was right: what was counted against the account is forgiven, and this attempt to the address. */
  async succeeded(account: string, address: string): Promise<void> {
    await this.#account.delete(account)
    await this.#address.reward(networkOf(address))
  }
}

/** One machine has as many IPv6 addresses as it likes, all in one /64; they count as one. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - groups.length - behind.length }, () => '0')
  return [...groups, ...zeros, ...behind].slice(0, 4).join(':').toLowerCase()
}
