import type { JournalEntry, LineState } from '../../../shared/instrument/journal.ts'
import { personName } from '../../ui/format.ts'

const KINDS: Record<JournalEntry['by'], string> = {
  driver: 'the driver',
  poll: 'a poll',
  command: 'a command',
  console: 'console',
  share: 'shared',
  bridge: 'the bridge',
}

/** Who asked, in words: `console: Ada`, `shared: logger (192.168.1.7:50222)`. */
export function askerWords({ by, who }: Pick<JournalEntry, 'by' | 'who'>): string {
  if (by === 'console') return `console: ${personName(who)}`
  return who === '' ? KINDS[by] : by === 'command' ? personName(who) : `${KINDS[by]}: ${who}`
}

/** Who has the line, or may have it, in one sentence. */
export function lineWords(line: LineState): string {
  if (!line.open) return 'The instrument is not connected.'
  const to = line.peer === undefined ? 'The line' : `The line to ${line.peer}`
  if (line.lock) return `${to} is locked by ${line.lock.who}.`
  if (line.holder) return `${to} is with ${askerWords(line.holder)}.`
  return `${to} is open.`
}

/** Two hexadecimal digits a byte, sixteen bytes a row, with what can be read of them beside. */
export function hexDump(hex: string): string[] {
  const bytes = (hex.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16))
  const rows: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.slice(at, at + 16)
    const digits = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const letters = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    rows.push(`${at.toString(16).padStart(4, '0')}  ${digits.padEnd(47)}  ${letters}`)
  }
  return rows
}
