import type { DeclaredScalar } from '../../../shared/instrument/declared.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Setting } from './entries.ts'

/** Between which numbers a setting may be, as its declaration or the instrument says. */
export interface Range {
  min?: number
  max?: number
}

/** What the last digit of a limit that the instrument has told may be off by, of the limit itself. */
const SLACK = 1e-9

/** What cannot end the parameter that it stands in, and so begin a command of its own that nobody has let through. */
const HARMLESS = /^[ !#-&(-:<-~]*$/

/** Throws `input.invalid`, saying what would do, unless `value` may be sent to this setting. */
export function checkValue(setting: Setting, value: DeclaredScalar, range: Range, device: string): void {
  const refuse = (wanted: string): never => {
    const message = `${setting.name} of ${device} takes ${wanted}, not ${JSON.stringify(value)}`
    throw new BenchError('input.invalid', message, { device })
  }
  switch (setting.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : refuse('true or false')
    case 'choice': {
      const choices = setting.choices ?? []
      return choices.some((choice) => choice.value === value)
        ? undefined
        : refuse(`one of ${choices.map((choice) => choice.value).join(', ')}`)
    }
    case 'text':
      return typeof value === 'string' && HARMLESS.test(value)
        ? undefined
        : refuse('text of printable ASCII characters without quotes and semicolons')
    default:
      return isNumberFor(setting, value, range) ? undefined : refuse(numbersFor(setting, range))
  }
}

function isNumberFor({ type }: Setting, value: DeclaredScalar, { min, max }: Range): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  if (type === 'integer' && !Number.isInteger(value)) return false
  const slack = (limit: number): number => Math.abs(limit) * SLACK
  return (min === undefined || value >= min - slack(min)) && (max === undefined || value <= max + slack(max))
}

function numbersFor({ type, unit }: Setting, { min, max }: Range): string {
  const kind = type === 'integer' ? 'a whole number' : 'a number'
  const of = unit === '' ? '' : ` ${unit}`
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}${of}`
  if (min !== undefined) return `${kind} from ${min}${of} up`
  if (max !== undefined) return `${kind} up to ${max}${of}`
  return kind
}

/** The command that sets it, the value written as the instrument reads it. The value has been checked. */
export function commandFor(setting: Setting, value: DeclaredScalar): string {
  // A function, because in a plain replacement text a $ would have a meaning of its own.
  return setting.command.replaceAll('{value}', () => written(setting, value))
}

function written(setting: Setting, value: DeclaredScalar): string {
  if (typeof value === 'boolean') return value ? setting.words.on : setting.words.off
  if (typeof value === 'string')
    return setting.choices?.find((choice) => choice.value === value)?.send ?? value
  const { scale, offset } = setting.parse
  const raw = (value - offset) / scale
  if (setting.type === 'integer') return String(Math.round(raw))
  if (setting.decimals !== undefined) return raw.toFixed(setting.decimals)
  return String(Number(raw.toPrecision(12))).toUpperCase()
}

/** The choice that an answer means, in the words of the caller; the answer itself when it is none that is declared. */
export function choiceOf(setting: Setting, answer: string): string {
  const said = answer.toUpperCase()
  return setting.choices?.find((choice) => choice.answer.toUpperCase() === said)?.value ?? answer
}
