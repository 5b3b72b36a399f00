import type { DeclaredValue, SettingType } from '../../../shared/instrument/declared.ts'
import { pickPart } from '../../core/safe-plan.ts'
import type { ParseSpec } from './parse-spec.ts'

/** What an answer comes to. */
export type Parsed = Pick<DeclaredValue, 'value' | 'note'>

/** SCPI-1999 volume 1 section 7.2.1.4 and 7.2.1.5. */
const NOT_A_NUMBER = 9.91e37
const INFINITE = 9.9e37

/** What a reading of this kind is, when its declaration does not say. */
export function kindOf(parse: ParseSpec, type: SettingType | undefined): 'number' | 'boolean' | 'text' {
  if (parse.as) return parse.as
  if (type === 'boolean') return 'boolean'
  return type === 'choice' || type === 'text' ? 'text' : 'number'
}

/** Takes the value out of an instrument's answer. Never throws: what cannot be understood says so in its note. */
export function parseAnswer(answer: string, parse: ParseSpec, kind: 'number' | 'boolean' | 'text'): Parsed {
  const found = pickPart(answer.trim(), parse)
  if (found === undefined) return { note: 'not understood' }
  const text = unquoted(found.trim())
  if (kind === 'text') return { value: text.slice(0, 256) }
  if (kind === 'boolean') return parseBoolean(text, parse)
  return parseNumber(text, parse)
}

function unquoted(text: string): string {
  const quote = text.charAt(0)
  const whole = text.length >= 2 && text.endsWith(quote) && (quote === '"' || quote === "'")
  return whole ? text.slice(1, -1).replaceAll(quote + quote, quote) : text
}

function parseBoolean(text: string, { yes, no }: ParseSpec): Parsed {
  const word = text.toUpperCase()
  const among = (words: string[]): boolean => words.some((one) => one.toUpperCase() === word)
  if (among(yes)) return { value: true }
  if (among(no)) return { value: false }
  if (word === 'ON') return { value: true }
  if (word === 'OFF') return { value: false }
  const number = Number(text)
  return text === '' || Number.isNaN(number) ? { note: 'not understood' } : { value: number !== 0 }
}

function parseNumber(text: string, { scale, offset }: ParseSpec): Parsed {
  const word = text.toUpperCase()
  if (word === 'NAN') return { note: 'not a number' }
  const raw = /^[+-]?INF(INITY)?$/.test(word) ? (word.startsWith('-') ? -INFINITE : INFINITE) : Number(text)
  if (text === '' || Number.isNaN(raw)) return { note: 'not understood' }
  if (raw === NOT_A_NUMBER) return { note: 'not a number' }
  if (Math.abs(raw) >= INFINITE) return { note: raw > 0 ? 'above range' : 'below range' }
  // Twelve digits are more than any instrument has; the rest is what multiplying by 1e9 leaves behind.
  return { value: Number((raw * scale + offset).toPrecision(12)) }
}
