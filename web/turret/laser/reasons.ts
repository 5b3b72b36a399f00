import type { TurretState } from '../../../shared/turret/turret.ts'

/** What a wish needs of the turret: that it is there, at a known place, that pixels mean directions, or a tracked target. */
export type Need = 'ready' | 'place' | 'idle' | 'camera' | 'calibration' | 'tracking'

/** Why the turret as it is would refuse, in a few words; undefined when it would not. The bridge has the last word. */
export function obstacle(turret: TurretState | undefined, stale: boolean, need: Need): string | undefined {
  if (stale || !turret) return 'The turret is not known just now'
  const { lifecycle } = turret
  if (lifecycle.phase !== 'ready') return lifecycle.reason ?? `The turret is ${lifecycle.phase}`
  if (need === 'ready') return undefined
  if (need === 'idle') return busyWith(turret)
  if (need === 'place') return placeless(turret) ?? busyWith(turret)
  if (!turret.sight) return 'No camera: name one under sights in bench.yaml'
  if (need === 'camera') return undefined
  if (need === 'tracking')
    return (turret.tracking?.state ?? 'off') === 'off' ? 'No target is tracked' : undefined
  if (turret.sight.calibration.state !== 'valid')
    return turret.sight.calibration.state === 'running' ? 'It is being calibrated' : 'Calibrate first'
  return placeless(turret) ?? busyWith(turret)
}

function placeless({ motors, homed, alarm }: TurretState): string | undefined {
  if (motors === false) return 'The motors are without current'
  if (homed === false && alarm) return 'Home it first'
  return alarm ? 'Locked by an alarm' : undefined
}

function busyWith({ activity, laser }: TurretState): string | undefined {
  if (activity === 'homing') return 'It is homing'
  if (activity === 'stopping') return 'It is stopping'
  return laser?.emitting || laser?.mock ? 'The laser is firing' : undefined
}

/** Whether light can come out, at a glance. */
export type LightPhase =
  'unknown' | 'unordered' | 'lit' | 'rehearsal' | 'armed' | 'ready' | 'blocked' | 'disabled'

/** What the laser panel says at its top. */
export function lightPhase(turret: TurretState | undefined, stale: boolean): LightPhase {
  const laser = turret?.laser
  if (stale || !laser || turret.lifecycle.phase !== 'ready') return 'unknown'
  if (laser.unordered) return 'unordered'
  if (laser.emitting) return 'lit'
  if (laser.mock) return 'rehearsal'
  if (laser.enabled && turret.autoFire?.armed && !turret.autoFire.rules?.mock) return 'armed'
  if (laser.ready) return 'ready'
  return laser.enabled ? 'blocked' : 'disabled'
}

/**
 * Everything that keeps this page from firing, each once and as a sentence begins: what the bridge says of the laser, and
 * before it what keeps this page from asking, the need for the lease, say.
 */
export function missingForLight(
  turret: TurretState | undefined,
  stale: boolean,
  permission: string | undefined,
): string[] {
  const gone = obstacle(turret, stale, 'ready')
  if (gone) return [gone]
  const all = [...(permission ? [permission] : []), ...(turret?.laser?.missing ?? []).map(capital)]
  return [...new Set(all)]
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
