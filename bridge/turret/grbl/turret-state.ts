import type { TurretState } from '../../../shared/turret/turret.ts'
import type { Topic } from '../../core/topic.ts'
import type { Condition } from './condition.ts'
import type { Laser } from './laser.ts'
import type { Motion } from './motion.ts'

/** Puts into its topic what is known of a turret. A position that is no direction is not shown: a wrong one is worse than none. */
export function showTurret(
  topic: Topic<TurretState>,
  { motion, condition, laser }: { motion: Motion; condition: Condition; laser: Laser },
  limits: TurretState['limits'],
  switches: string[],
): void {
  const { activity, target } = motion
  const { alarm, homes, homed, motors, problems, facts } = condition
  const { version, options } = facts
  const position = condition.knowsPlace ? motion.position : undefined
  topic.put({
    controller: { version, ...(options === undefined ? {} : { options }) },
    activity,
    moving: activity !== 'rest',
    limits,
    switches,
    ...(homes && { homed }),
    motors,
    problems: problems.all,
    laser: laser.state,
    ...(position && { position }),
    ...(target && { target }),
    ...(alarm && { alarm }),
  })
  // What is not there any more is taken out rather than left as undefined, which would be news with every report.
  topic.merge({
    ...(position ? {} : { position: null }),
    ...(target ? {} : { target: null }),
    ...(alarm ? {} : { alarm: null }),
  })
}
