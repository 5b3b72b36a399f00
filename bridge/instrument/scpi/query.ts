import { parseMessage, type Unit } from './message.ts'

/** What a program message is, before it is sent. */
export interface MessageKind {
  /** Whether it has an answer: one of its units is a query. */
  answered: boolean
  /** Whether it may do more than tell: anything that is not a query by all readings of it. */
  acts: boolean
  /** A command that the shared port answers itself; only ever a message of its own. */
  own: 'lock' | 'unlock' | 'owner' | 'error' | undefined
}

/**
 * Queries that do something: self-tests and calibrations (IEEE 488.2 sections 10.38 and 10.2), and those of SCPI's
 * measurement instructions that set up and trigger (SCPI-1999 volume 2 chapter 3). The node in its short form.
 */
const ACTING = ['*TST', '*CAL', '*TRG', 'CAL', 'TEST', 'DIAG', 'MEAS', 'READ', 'INIT:IMM', 'SYST:LOCK']
const LONG: Readonly<Record<string, string>> = {
  CALIBRATION: 'CAL',
  DIAGNOSTIC: 'DIAG',
  MEASURE: 'MEAS',
  INITIATE: 'INIT',
  IMMEDIATE: 'IMM',
  SYSTEM: 'SYST',
}

const OWN: readonly [RegExp, NonNullable<MessageKind['own']>][] = [
  [/^:?SYST(EM)?:LOCK:REQ(UEST)?\?$/i, 'lock'],
  [/^:?SYST(EM)?:LOCK:REL(EASE)?$/i, 'unlock'],
  [/^:?SYST(EM)?:LOCK:OWN(ER)?\?$/i, 'owner'],
  [/^:?SYST(EM)?:ERR(OR)?(:NEXT)?\?$/i, 'error'],
]

/** Scripts ask the same few things over and over. */
const MOST_KNOWN = 256
const LONGEST_KNOWN = 200
const known = new Map<string, MessageKind>()

/**
 * What a message without its end mark is. It counts as one that may act unless every unit is a plain query, also for an
 * instrument that splits at each `;` without a thought for quotes, and that takes a control character for an end.
 */
export function classify(message: string): MessageKind {
  const found = known.get(message)
  if (found) return found
  const units = parseMessage(message)
  const kind = {
    answered: units.some(({ query, path, header }) => query || (path.length === 0 && header.includes('?'))),
    acts: units.length === 0 || !units.every(tells) || hidesMore(message),
    own: OWN.find(([pattern]) => pattern.test(message.trim()))?.[1],
  }
  if (message.length <= LONGEST_KNOWN) {
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(message, kind)
  }
  return kind
}

function tells({ query, path }: Unit): boolean {
  if (!query || path.length === 0) return false
  const words = path.map((word) => word.replace(/\d+$/, '')).map((word) => LONG[word] ?? word)
  const whole = words.join(':')
  return !ACTING.some((node) => whole === node || whole.startsWith(`${node}:`))
}

function hidesMore(message: string): boolean {
  if (/[^\t\x20-\x7e]/.test(message)) return true
  return message
    .split(';')
    .some((piece) => piece.trim() !== '' && !/^\s*(\*|:?)[a-z][\w:]*\?(\s|$)/i.test(piece))
}
