import { BenchError } from '../../shared/wire/errors.ts'
import { isLoopback } from '../core/loopback.ts'
import { networkOf, plainAddress } from '../core/network.ts'

const MINUTE_MS = 60_000
/** An entry that nobody has added to for so long is forgotten, and with it how long the pauses had grown. */
const FORGET_MS = 12 * 60 * MINUTE_MS
/** Keys of one kind that are remembered; the one that was used longest ago goes first. */
const MOST_KEYS = 10_000
/** Networks from which an account has signed in, and accounts of which they are remembered. */
const MOST_NETWORKS = 16
const MOST_ACCOUNTS = 1000

interface PauseRule {
  /** Wrong passwords in a row before the first pause. */
  free: number
  /** The first pause, ms; each further wrong password doubles it. */
  firstMs: number
  /** The longest pause, ms. */
  mostMs: number
}

/** One account from one network or one known browser. */
const PAIR: PauseRule = { free: 5, firstMs: MINUTE_MS, mostMs: 60 * MINUTE_MS }
/** One network, whichever the accounts: people behind one router share it. */
const NETWORK: PauseRule = { free: 20, firstMs: MINUTE_MS, mostMs: 60 * MINUTE_MS }
/** One account from all browsers and networks that it has not signed in from: many machines guess as slowly as one. */
const ACCOUNT: PauseRule = { free: 20, firstMs: MINUTE_MS / 2, mostMs: MINUTE_MS }
/** At the bench's own machine a pause only has to make guessing slow. */
const LOOPBACK = { firstMs: 5000, mostMs: 10_000 }

/**
 * Slows those down who guess passwords. What is blocked first is one account from one network, so that nobody keeps an
 * account's owner out from elsewhere; a browser that has signed in before, and this machine, are counted by themselves.
 */
export class Attempts {
  readonly #now: () => number
  readonly #pairs = new Pauses(PAIR)
  readonly #networks = new Pauses(NETWORK)
  readonly #accounts = new Pauses(ACCOUNT)
  readonly #localPairs = new Pauses({ ...PAIR, ...LOOPBACK })
  readonly #localNetworks = new Pauses({ ...NETWORK, ...LOOPBACK })
  /** Networks from which each account has signed in since the start. */
  readonly #signedIn = new Map<string, Set<string>>()

  /** `now`: a clock in ms that is never set back. */
  constructor(now: () => number = performance.now.bind(performance)) {
    this.#now = now
  }

  /**
   * Counts an attempt before it is looked at: many at once are counted as many. `browser` names a browser that is known
   * to be the account's own, by a device cookie or an open session. Throws `attempts.exceeded`, and then counts nothing.
   */
  async begin(account: string, address: string, browser?: string): Promise<void> {
    const now = this.#now()
    const counted = this.#counted(account, address, browser)
    const waitMs = Math.max(...counted.map(([pauses, key]) => pauses.waitMs(key, now)))
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000)
      throw new BenchError('attempts.exceeded', `too many attempts to sign in: try again in ${seconds} s`)
    }
    for (const [pauses, key] of counted) pauses.add(key, now)
  }

  /** The attempt was right: what was counted against the account is forgiven, and this attempt to the network. */
  async succeeded(account: string, address: string, browser?: string): Promise<void> {
    for (const [pauses, key] of this.#counted(account, address, browser)) {
      if (pauses === this.#networks || pauses === this.#localNetworks) pauses.takeBack(key)
      else pauses.forget(key)
    }
    const networks = this.#signedIn.get(account) ?? new Set()
    this.#signedIn.delete(account)
    this.#signedIn.set(account, networks.add(networkOf(address)))
    dropOldest(networks, MOST_NETWORKS)
    dropOldest(this.#signedIn, MOST_ACCOUNTS)
  }

  /** What an attempt is counted under. */
  #counted(account: string, address: string, browser: string | undefined): [Pauses, string][] {
    if (browser !== undefined) return [[this.#pairs, `${account}\n${browser}`]]
    const network = networkOf(address)
    const pair = `${account}\n${network}`
    if (isLoopback(plainAddress(address))) {
      return [
        [this.#localPairs, pair],
        [this.#localNetworks, network],
      ]
    }
    const isKnown = this.#signedIn.get(account)?.has(network) === true
    return [
      [this.#pairs, pair],
      [this.#networks, network],
      ...(isKnown ? [] : [[this.#accounts, account] as [Pauses, string]]),
    ]
  }
}

/** Pauses by key that grow with every wrong password. */
class Pauses {
  readonly #rule: PauseRule
  readonly #entries = new Map<string, { wrong: number; resumesAt: number; forgetAt: number }>()

  constructor(rule: PauseRule) {
    this.#rule = rule
  }

  waitMs(key: string, now: number): number {
    return Math.max(0, (this.#entries.get(key)?.resumesAt ?? 0) - now)
  }

  add(key: string, now: number): void {
    const { free, firstMs, mostMs } = this.#rule
    const before = this.#entries.get(key)
    const wrong = (before && before.forgetAt > now ? before.wrong : 0) + 1
    const pauseMs = wrong < free ? 0 : Math.min(mostMs, firstMs * 2 ** (wrong - free))
    // Taken out and put back in: the map's order is then who tried last.
    this.#entries.delete(key)
    this.#entries.set(key, { wrong, resumesAt: now + pauseMs, forgetAt: now + pauseMs + FORGET_MS })
    dropOldest(this.#entries, MOST_KEYS)
  }

  /** The last attempt was right, and is counted no longer. */
  takeBack(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    entry.wrong -= 1
    entry.resumesAt = 0
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }
}

function dropOldest(all: Map<string, unknown> | Set<string>, most: number): void {
  if (all.size > most) all.delete(all.keys().next().value ?? '')
}
