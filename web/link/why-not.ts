import { satisfies } from '../../shared/access/access.ts'
import { isForbidden, reachOf, type Command } from '../../shared/wire/command.ts'
import { commands, type CommandName, type OutputOf } from '../../shared/commands.ts'
import type { ControlState } from '../../shared/control/control.ts'
import type { GuardianState } from '../../shared/guardian/guardian.ts'
import { personName } from '../ui/format.ts'

/** Whom the bridge takes this page for. */
export type Me = OutputOf<'session.hello'>

/** What decides whether a command may be given, as far as this page knows. */
export interface Standing {
  connected: boolean
  me: Me | undefined
  control: ControlState | undefined
  guardian: GuardianState | undefined
}

/** Why this command may not be given now, in a few words; undefined when it may. The bridge has the last word. */
export function whyNot(name: CommandName, standing: Standing, device?: string): string | undefined {
  const command: Command = commands[name]
  const { connected, me, control, guardian } = standing
  if (!connected) return 'No connection to the bridge'
  if (!me) return 'Asking the bridge who you are'
  if (!satisfies(me.role, command.role)) return `Only an ${command.role} may do this`
  if (beyondScope(command, me, device)) return 'Beyond what you have access to'
  if (!command.lease) return undefined
  if (!control) return 'Asking the bridge who has control'
  const { lease, stop } = control
  if (stop.latched && !command.whileStopped) return 'Emergency stop'
  if (!lease) return 'Take control first'
  if (lease.client !== me.client) return `${personName(lease.name)} has control`
  const open = reachOf(command) === 'device' ? openInterlock(control, command, device) : undefined
  if (open) return open
  if (command.emits && guardian?.state === 'lost') return 'The guardian is lost'
  if (command.emits && !lease.beating) return 'Your heartbeat does not reach the bridge'
  return undefined
}

/** As the bridge's gate has it: one who is bound to devices is bound to calls that name them, and to the stop. */
function beyondScope(command: Command, { scope, via }: Me, device: string | undefined): boolean {
  if (!scope?.devices) return false
  const reach = reachOf(command)
  if (reach === 'page') return via !== 'session'
  if (reach === 'bench') return !command.safe
  return reach === 'device' && (device === undefined || !scope.devices.includes(device))
}

function openInterlock(
  { interlocks }: ControlState,
  command: Command,
  device: string | undefined,
): string | undefined {
  const open = Object.values(interlocks).filter(
    ({ closed, devices, forbids }) =>
      !closed && device !== undefined && devices.includes(device) && isForbidden(command, forbids),
  )
  if (open.length === 0) return undefined
  return open.map(({ title, reason }) => `${title} is open${reason ? `: ${reason}` : ''}`).join('; ')
}
