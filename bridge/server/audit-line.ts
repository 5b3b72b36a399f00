import { type Command, deviceOf } from '../../shared/wire/command.ts'
import { findCommand } from '../../shared/commands.ts'
import { deviceId } from '../../shared/wire/device.ts'
import type { Deed } from '../control/control.ts'
import { keptInput } from '../core/kept-input.ts'
import type { NewEntry } from '../access/audit.ts'
import type { Call } from './call.ts'

const LONGEST_TEXT = 500

/** A call as the audit keeps it. */
export function auditCall({ name, input, caller, result, message, ms, address = '' }: Call): NewEntry {
  const command = findCommand(name)
  const device = deviceIn(command, input)
  const measured = result.ok && (result.value as { stopMs?: number } | undefined)?.stopMs
  return {
    at: Date.now(),
    who: caller?.name ?? 'nobody',
    via: caller?.via ?? 'none',
    address: caller?.address ?? address,
    action: name,
    ...(device === undefined ? {} : { device }),
    input: keptInput(name, input),
    outcome: result.ok ? 'ok' : result.error.code,
    ...(result.ok ? {} : { message: (message ?? result.error.message).slice(0, LONGEST_TEXT) }),
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

/** What a call is about, where it names that as a device is named. */
function deviceIn(command: Command | undefined, input: unknown): string | undefined {
  const given = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>
  const named = command ? deviceOf(command, given) : given['device']
  return deviceId.safeParse(named).data
}
