import type { Deed } from '../control/control.ts'
import type { NewEntry } from '../store/audit.ts'
import type { Call } from './call.ts'

/** Members of an input that are never written down, whatever the command. */
const SECRETS = /password|secret|token|key/i
const LONGEST_INPUT = 2000
const LONGEST_TEXT = 500

/** A call as the audit keeps it. */
export function auditCall({ name, input, caller, result, ms }: Call): NewEntry {
  const device = (input as { device?: unknown } | null)?.device
  const measured = result.ok && (result.value as { stopMs?: number } | undefined)?.stopMs
  return {
    at: Date.now(),
    who: caller?.name ?? 'nobody',
    via: caller?.via ?? 'none',
    address: caller?.address ?? '',
    action: name,
    ...(typeof device === 'string' ? { device: device.slice(0, 64) } : {}),
    input: redacted(input),
    outcome: result.ok ? 'ok' : result.error.code,
    ...(result.ok ? {} : { message: result.error.message.slice(0, LONGEST_TEXT) }),
    ...(typeof measured === 'number' ? { message: `every device told to stop within ${measured} ms` } : {}),
    ms: Math.round(ms * 1000) / 1000,
  }
}

/** What the bridge did by itself, as the audit keeps it. */
export function auditDeed({ who, via, action, device, message }: Deed): NewEntry {
  return {
    at: Date.now(),
    who,
    via,
    address: '',
    action,
    ...(device === undefined ? {} : { device }),
    input: '{}',
    outcome: 'ok',
    message: message.slice(0, LONGEST_TEXT),
    ms: 0,
  }
}

function redacted(input: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(input, (key, value: unknown) =>
      key !== '' && SECRETS.test(key) ? '(secret)' : value,
    )
  } catch {
    text = undefined
  }
  if (text === undefined) return '{}'
  return text.length <= LONGEST_INPUT ? text : JSON.stringify({ cut: text.slice(0, LONGEST_INPUT) })
}
