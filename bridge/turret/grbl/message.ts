import { readStatus, type Status } from './status.ts'

export type Message =
  | { kind: 'ok' }
  | { kind: 'error'; number: number }
  | { kind: 'alarm'; number: number }
  | { kind: 'welcome'; version: string }
  | { kind: 'status'; status: Status }
  /** `[…]` and `$…`: what a question is answered with before its ok, or a word by the way. */
  | { kind: 'line'; text: string }

/** What may stand before an `ok` that has lost the line end between them. */
const BEFORE_OK = /^(\[.*\]|\$\d+=[-+.\d]*|error:\d+|ALARM:\d+)?((?:ok)+)$/
const AFTER_OK = /^((?:ok)+)(?=error:|ALARM:|\[|\$|Grbl)/
const WELCOME = /Grbl(?:HAL)? (\d+\.\d\S*)/i

/**
 * The messages of one line: several where a line end was lost (`okok`, `…>ok`), where a report stands in the middle of
 * another line, and where a welcome comes behind the noise of a board that has just begun.
 */
export function messagesIn(line: string): Message[] {
  const found: Message[] = []
  const rest = line.replace(/<([^<>]*)>/g, (whole, text: string) => {
    const status = readStatus(text)
    found.push(status ? { kind: 'status', status } : { kind: 'line', text: whole })
    return ''
  })
  for (const part of partsOf(rest)) found.push(readMessage(part))
  return found
}

function partsOf(line: string): string[] {
  if (line === '') return []
  const oks = (text: string): string[] => Array.from({ length: text.length / 2 }, () => 'ok')
  const behind = BEFORE_OK.exec(line)
  if (behind) return [...(behind[1] === undefined ? [] : [behind[1]]), ...oks(behind[2]!)]
  const before = AFTER_OK.exec(line)
  if (before) return [...oks(before[1]!), ...partsOf(line.slice(before[1]!.length))]
  return [line]
}

/** One message of what the controller says (Grbl v1.1 interface). */
export function readMessage(line: string): Message {
  if (line === 'ok') return { kind: 'ok' }
  const numbered = /^(error|ALARM):(\d+)/.exec(line)
  if (numbered) return { kind: numbered[1] === 'error' ? 'error' : 'alarm', number: Number(numbered[2]) }
  const welcome = /^[[$>]/.test(line) ? undefined : WELCOME.exec(line)
  if (welcome) return { kind: 'welcome', version: welcome[1]! }
  const status = /^<(.*)>$/.exec(line)
  const read = status && readStatus(status[1]!)
  return read ? { kind: 'status', status: read } : { kind: 'line', text: line }
}
