import type { SweepState } from '../../../shared/instrument/instrument.ts'
import type { TurretState } from '../../../shared/turret/turret.ts'
import { fixed } from '../../ui/format.ts'

/** What a sweep is doing, in a few words; undefined at rest. */
export function sweepText(sweep: SweepState | undefined): string | undefined {
  if (sweep?.phase !== 'running' && sweep?.phase !== 'aborting') return undefined
  if (sweep.phase === 'aborting') return 'aborting the sweep'
  return sweep.progress === undefined ? 'sweeping' : `sweeping, ${fixed(sweep.progress * 100, 0)} %`
}

/** What a turret is doing, in a word or two. */
export function turretText({ alarm, homed, activity }: TurretState): string {
  if (alarm) return 'alarm'
  if (activity !== undefined && activity !== 'rest') return activity
  return homed === false ? 'not homed' : 'at rest'
}

/** What its laser is doing, in a word or two. */
export function laserText(laser: NonNullable<TurretState['laser']>): string {
  if (laser.unordered) return 'LIGHT that nobody here ordered'
  if (laser.emitting) return laser.mock ? 'rehearsing' : 'LIGHT ON'
  if (laser.ready) return 'ready to fire'
  return laser.enabled ? 'enabled' : 'off'
}
