import { findCommand } from '../../shared/commands.ts'
import { networkOf } from '../core/network.ts'
import type { NewEntry } from '../access/audit.ts'
import { auditCall } from './audit-line.ts'
import type { Call } from './call.ts'

const MINUTE_MS = 60_000
/** Addresses, and people, that are counted each by themselves; those beyond share one line. */
const MOST_SENDERS = 100
/** Different things that one sender has tried, and how much of each is written down. */
const MOST_TRIED = 8
const LONGEST_TRIED = 80
/** Lines that one person gets in a minute for what was refused to them, and as many for stops. */
const LINES_A_MINUTE = 200
const OTHERS = 'other addresses'

/** What was refused to one sender within a minute. */
interface Tally {
  count: number
  /** How often each thing was tried. */
  tried: Map<string, number>
  /** How often each error code was the answer. */
  codes: Map<string, number>
}

/** One person's lines of this minute, and what was only counted. */
interface Person {
  lines: number
  last: Call
  tally: Tally
}

/**
 * What stands between refusals and the audit: nobody may write without bound. Those of people whom the bridge does not
 * know become one line for each address and minute; those of people whom it knows stay lines, as many as a person makes.
 */
export class Refusals implements Disposable {
  readonly #note: (entry: NewEntry) => void
  readonly #strangers = new Map<string, Tally>()
  readonly #people = new Map<string, Person>()
  readonly #timer: NodeJS.Timeout

  /** `note` writes a line of the audit. */
  constructor(note: (entry: NewEntry) => void) {
    this.#note = note
    this.#timer = setInterval(() => this.flush(), MINUTE_MS)
    this.#timer.unref()
  }

  /** Somebody whom the bridge does not know was refused something. `what` is a command, a route, or a few words. */
  count(address: string, what: string, code: string): void {
    const network = networkOf(address)
    const isCounted = this.#strangers.has(network) || this.#strangers.size < MOST_SENDERS
    add(entryOf(this.#strangers, isCounted ? network : OTHERS, newTally), what, code)
  }

  /** A call that is over and belongs in the audit. */
  audit(call: Call): void {
    const { name, input, caller, result, address = '' } = call
    if (caller) {
      // A stop is never held back, so its lines are.
      if (result.ok && !findCommand(name)?.safe) this.#note(auditCall(call))
      else this.#ofPerson(`${caller.via} ${caller.key} ${result.ok ? 'done' : 'refused'}`, call)
    } else if (!result.ok) {
      const account = (input as { name?: unknown } | null)?.name
      const what = typeof account === 'string' ? `${name} as ${account}` : name
      this.count(address, what, result.error.code)
    } else this.#note(auditCall(call))
  }

  /** Writes down what was counted. */
  flush(): void {
    for (const [address, tally] of this.#strangers)
      this.#note(lineOf(tally, { who: 'nobody', via: 'none', address }))
    this.#strangers.clear()
    for (const { last, tally } of this.#people.values()) {
      if (tally.count === 0 || !last.caller) continue
      const { name, via, address } = last.caller
      this.#note(lineOf(tally, { who: name, via, address }))
    }
    this.#people.clear()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.flush()
  }

  #ofPerson(key: string, call: Call): void {
    const isCounted = this.#people.has(key) || this.#people.size < MOST_SENDERS
    const person = entryOf(this.#people, isCounted ? key : OTHERS, () => ({
      ...{ lines: 0, last: call, tally: newTally() },
    }))
    person.last = call
    person.lines += 1
    if (person.lines <= LINES_A_MINUTE) this.#note(auditCall(call))
    else add(person.tally, call.name, call.result.ok ? 'ok' : call.result.error.code)
  }
}

const newTally = (): Tally => ({ count: 0, tried: new Map(), codes: new Map() })

function add(tally: Tally, what: string, code: string): void {
  const name = what.slice(0, LONGEST_TRIED)
  const isNamed = tally.tried.has(name) || tally.tried.size < MOST_TRIED
  tally.count += 1
  increment(tally.tried, isNamed ? name : 'other')
  increment(tally.codes, code)
}

function lineOf({ count, tried, codes }: Tally, of: Pick<NewEntry, 'who' | 'via' | 'address'>): NewEntry {
  const [outcome = ''] = [...codes].toSorted(([, a], [, b]) => b - a)[0] ?? []
  return {
    ...{ at: Date.now(), ...of, action: 'calls.counted' },
    input: JSON.stringify({ count, tried: Object.fromEntries(tried) }),
    ...{ outcome, message: `${count} within a minute`, ms: 0 },
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
