import type { CommandName, OutputOf, ParsedInputOf } from '../../../shared/commands.ts'
import { BenchError, type ErrorCode } from '../../../shared/wire/errors.ts'
import type { TurretState } from '../../../shared/turret/turret.ts'
import type { Aim } from '../../device/aim.ts'
import type { Caller, Device } from '../../device/device.ts'
import type { Logger } from '../../core/log.ts'
import type { Sight } from '../../device/sight.ts'
import type { Topic } from '../../core/topic.ts'
import type { SightConfig } from './config.ts'

/** What everything that aims with a camera works with. */
export interface SightContext extends SightConfig {
  /** The turret's. */
  id: string
  state: Topic<TurretState>
  /** Throws `device.faulted`. */
  device: (id: string) => Device
  /** Calls a command as a step of what `caller` has begun, through the door that every call goes through. Rejects as it does. */
  call: <K extends CommandName>(name: K, input: ParsedInputOf<K>, caller: Caller) => Promise<OutputOf<K>>
  /** Throws unless the caller may still do this to the turret. */
  still: (name: CommandName, caller: Caller) => void
  log: Logger
}

/** The turret's axes. Throws `device.faulted` or `device.unsupported`. */
export function aimOf({ id, device }: SightContext): Aim {
  const { aim } = device(id)
  if (!aim) throw new BenchError('device.unsupported', `${id} cannot follow`, { device: id })
  return aim
}

/** What the camera sees. Throws `device.faulted` or `device.unsupported`. */
export function sightOf({ camera, device }: SightContext): Sight {
  const { sight } = device(camera)
  if (!sight) throw new BenchError('device.unsupported', `${camera} is no camera`, { device: camera })
  return sight
}

/** An error of a turret. */
export function turretError({ id }: Pick<SightContext, 'id'>, code: ErrorCode, what: string): BenchError {
  return new BenchError(code, `${id}: ${what}`, { device: id })
}
