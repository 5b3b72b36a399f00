import { BenchError } from '../../../shared/wire/errors.ts'
import type { Handlers } from '../../device/device.ts'
import { stateWord } from './status.ts'
import type { Turret } from './turret.ts'

/** What people can ask of a turret. */
export function turretCommands(turret: Turret): Handlers {
  const { motion, laser, context } = turret
  return {
    'turret.move': ({ pan, tilt, relative, speed, wait }) =>
      motion.move({ pan, tilt, relative }, { speed, wait }),
    'turret.jog': async ({ pan, tilt }) => {
      await motion.jog({ pan, tilt })
      return {}
    },
    'turret.halt': async () => {
      await motion.halt()
      return {}
    },
    'turret.home': async () => {
      await home(turret)
      return {}
    },
    'turret.unlock': () => unlock(turret),
    'turret.motors': async ({ on }) => {
      await switchMotors(turret, on)
      return {}
    },
    'laser.enable': async () => {
      await laser.enable()
      return {}
    },
    'laser.disable': async (_, { name }) => {
      const why = `${name} disabled the laser`
      context.guard.ending(why)
      await turret.safety.darken(why)
      return {}
    },
    'laser.fire': async ({ mock, ...wanted }, { signal }) => ({
      pulses: await laser.fire(wanted, mock, signal),
    }),
    'laser.resetCount': async () => {
      await laser.resetCount()
      return {}
    },
  }
}

/** A homing has succeeded when it was answered without an alarm before, and the controller is idle, and does not say itself that it is not homed. */
async function home(turret: Turret): Promise<void> {
  const { condition, motion, reports, wire, context } = turret
  const require = (): void => {
    condition.requireHoming()
    condition.requireMotors()
    turret.requireIdle()
  }
  require()
  condition.homed = false
  condition.alarm = undefined
  const { alarms } = condition
  const failed = (why: string, cause?: unknown): BenchError =>
    new BenchError('turret.alarm', `${context.id}: ${why}`, { device: context.id, cause })
  // Grbl answers ok to a homing that has failed, after its alarm and before it begins anew.
  const requireNoAlarm = async (cause?: unknown): Promise<void> => {
    if (condition.alarms === alarms) return
    const why = condition.alarmMessage
    // Whoever goes on after this finds it begun anew.
    await reports.fresh(wire).catch(() => {})
    throw failed(why, cause)
  }
  try {
    await motion.home(require)
  } catch (error) {
    await requireNoAlarm(error)
    throw error
  }
  await requireNoAlarm()
  const status = await reports.fresh(wire)
  await requireNoAlarm()
  if (status.state !== 'Idle' || status.homed === false)
    throw failed(
      `homing has ended with the controller in ${stateWord(status)}${status.homed === false ? ' and not homed' : ''}: home again`,
    )
  condition.homed = true
  turret.show()
}

async function unlock({ condition, wire, reports }: Turret): Promise<{ message: string }> {
  condition.requireMotors()
  await wire.send('$X')
  condition.alarm = undefined
  await reports.fresh(wire)
  return {
    message: condition.knowsPlace
      ? 'Unlocked. The position is as it was counted: home if it was turned or has hit something.'
      : 'Unlocked. It does not know where it points: home it before it is moved.',
  }
}

async function switchMotors(turret: Turret, on: boolean): Promise<void> {
  turret.requireIdle()
  const { motion, condition, laser, wire, reports } = turret
  if (motion.activity !== 'rest') throw turret.busy('it is moving: halt it first')
  condition.homed = false
  laser.darkened()
  // Grbl has no other command for its motors than to sleep, and wakes with an alarm.
  if (on) await wire.reset()
  else await wire.send('$SLP')
  await reports.fresh(wire)
}
