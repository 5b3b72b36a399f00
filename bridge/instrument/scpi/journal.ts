import type { ErrorCode } from '../../../shared/wire/errors.ts'
import {
  JOURNAL_KEEPS,
  JOURNAL_TEXT,
  type JournalEntry,
  type JournalFilter,
  type JournalLane,
} from '../../../shared/instrument/journal.ts'
import { epochMs } from '../../core/clock.ts'
import type { Asker } from './asker.ts'

/** An exchange as it is noted; the number and the cutting are the journal's own. */
export type Noted = Omit<JournalEntry, 'n'>

/** Which entries are wanted: after one, before one, or the newest. */
export interface Range {
  after?: number | undefined
  before?: number | undefined
  limit: number
}

/**
 * What went over an instrument's line: the newest 10,000 exchanges in a ring. Texts are cut and blocks are kept by
 * their length alone, so that it never holds more than some megabytes.
 */
export class Journal {
  readonly #ring: (JournalEntry | undefined)[]
  #newest = 0
  #errors = 0

  constructor(keeps = JOURNAL_KEEPS) {
    this.#ring = new Array<JournalEntry | undefined>(keeps).fill(undefined)
  }

  /** The number of the newest entry; 0 before the first. */
  get newest(): number {
    return this.#newest
  }

  /** How many entries had an error so far, forgotten ones too. */
  get errors(): number {
    return this.#errors
  }

  add(exchange: Noted): void {
    this.#newest += 1
    if (exchange.error !== undefined) this.#errors += 1
    this.#ring[this.#newest % this.#ring.length] = {
      n: this.#newest,
      at: exchange.at,
      lane: exchange.lane,
      by: exchange.by,
      who: exchange.who,
      sent: cut(exchange.sent),
      answer: exchange.answer === undefined ? undefined : cut(exchange.answer),
      sentBytes: exchange.sentBytes,
      answerBytes: exchange.answerBytes,
      waitMs: exchange.waitMs,
      wireMs: exchange.wireMs,
      error: exchange.error,
      message: exchange.message === undefined ? undefined : cut(exchange.message),
    }
  }

  /** Notes something that is no exchange: a message that was refused, a client that was dropped. */
  note(lane: JournalLane, { by, who }: Asker, message: string, error?: ErrorCode, sent = ''): void {
    const at = epochMs()
    this.add({ at, lane, by, who, sent, sentBytes: 0, answerBytes: 0, waitMs: 0, wireMs: 0, error, message })
  }

  /** The newest answer was the instrument's word that something is wrong. */
  blame(error: ErrorCode): void {
    const entry = this.#ring[this.#newest % this.#ring.length]
    if (!entry || entry.error !== undefined) return
    entry.error = error
    this.#errors += 1
  }

  /** Entries that the filter lets through, oldest first, and how many after `after` there were besides. */
  read(filter: JournalFilter, { after, before, limit }: Range): { entries: JournalEntry[]; missed: number } {
    const passes = test(filter)
    const entries: JournalEntry[] = []
    const first = Math.max(this.#oldest, (after ?? 0) + 1)
    let missed = after === undefined ? 0 : Math.max(0, first - after - 1)
    for (let n = Math.min(this.#newest, (before ?? Infinity) - 1); n >= first; n--) {
      const entry = this.#ring[n % this.#ring.length]
      if (!entry || !passes(entry)) continue
      if (entries.length < limit) entries.push(entry)
      else if (after === undefined) break
      else missed += 1
    }
    return { entries: entries.reverse(), missed }
  }

  /** All that the filter lets through, oldest first, a page at a time: what is forgotten meanwhile is left out. */
  *pages(filter: JournalFilter, entriesAPage = 500): Generator<JournalEntry[]> {
    const passes = test(filter)
    const last = this.#newest
    let page: JournalEntry[] = []
    for (let n = this.#oldest; n <= last; n++) {
      const entry = this.#ring[n % this.#ring.length]
      if (entry?.n === n && passes(entry)) page.push(entry)
      if (page.length < entriesAPage) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  }

  get #oldest(): number {
    return Math.max(1, this.#newest - this.#ring.length + 1)
  }
}

/** At most 200 characters in a string of their own: a slice would keep the whole of a long answer in memory. */
function cut(text: string): string {
  if (text.length <= JOURNAL_TEXT) return text
  return `${Buffer.from(text.slice(0, JOURNAL_TEXT)).toString()}…`
}

function test({ lane, by, who, text, polls, errors }: JournalFilter): (entry: JournalEntry) => boolean {
  const person = who === undefined ? undefined : partOf(who)
  const part = text === undefined ? undefined : partOf(text)
  return (entry) =>
    (lane === undefined || entry.lane === lane) &&
    (by === undefined || entry.by === by) &&
    (polls === undefined || entry.by !== 'poll') &&
    (errors === undefined || entry.error !== undefined) &&
    (person === undefined || person.test(entry.who)) &&
    (part === undefined ||
      part.test(entry.sent) ||
      part.test(entry.answer ?? '') ||
      part.test(entry.message ?? ''))
}

/** Found anywhere, in any case, as it is written. */
function partOf(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i')
}
