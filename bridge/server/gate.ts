import { type Role, satisfies, type Scope } from '../../shared/access/access.ts'
import { type Command, deviceOf, feedOf, reachOf } from '../../shared/wire/command.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { isOfPage } from '../../shared/topics.ts'
import type { Caller } from '../device/device.ts'

/** Throws `session.required` for nobody, and `role.required` for somebody whose role is too weak. */
export function requireRole(
  caller: Caller | undefined,
  needed: Role,
  what: string,
): asserts caller is Caller {
  if (!caller) {
    throw new BenchError(
      'session.required',
      `${what} is for those who have signed in: sign in, or send a token`,
    )
  }
  if (satisfies(caller.role, needed)) return
  throw new BenchError('role.required', `${what} needs the role ${needed}; you are ${caller.role}`)
}

/** Throws `scope.exceeded` when the caller is bound to devices and the command is about none, whatever its input. */
export function requireReach({ scope, via }: Caller, command: Command, name: string): void {
  if (!scope?.devices) return
  const reach = reachOf(command)
  if ((reach === 'bench' && !command.safe) || (reach === 'page' && via !== 'session'))
    throw beyond(scope, name)
}

/**
 * Throws `scope.exceeded` when the caller is bound to devices and the call names another. `input` is what the command's
 * schema made of what was sent: of that alone the handler hears.
 */
export function requireScope(
  { scope, via }: Caller,
  command: Command,
  input: Readonly<Record<string, unknown>>,
  name: string,
): void {
  const reach = reachOf(command)
  if (reach === 'device') requireDevice(scope, deviceOf(command, input), name)
  if (reach !== 'feed') return
  const feed = feedOf(command, input)
  // Somebody who is bound to devices has a page all the same; a token that is bound is for its devices alone.
  if (via === 'session' && feed !== undefined && isOfPage(feed)) return
  requireDevice(scope, feed?.split('/')[1], name)
}

/** Throws `scope.exceeded` unless the device is one of those that the scope names. */
export function requireDevice(scope: Scope | undefined, device: unknown, what: string): void {
  if (!scope?.devices || (typeof device === 'string' && scope.devices.includes(device))) return
  throw beyond(scope, what)
}

function beyond(scope: Scope, what: string): BenchError {
  const devices = scope.devices?.join(', ') || 'nothing'
  return new BenchError('scope.exceeded', `${what} reaches beyond what you are bound to: ${devices}`)
}
