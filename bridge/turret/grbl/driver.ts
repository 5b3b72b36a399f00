import { defineDriver } from '../../device/device.ts'
import { openResource, wireOptions } from '../../transport/resource.ts'
import { config } from './config.ts'
import { safePlan } from './safe-plan.ts'
import { Turret } from './turret.ts'

/**
 * Two axes and a laser behind Grbl 1.1, over serial or TCP (Grbl wiki: v1.1 interface, commands, jogging, laser mode).
 *
 * What a bridge that is dead, or cut off, leaves. Grbl has no watchdog and does not notice that its line is gone; on
 * TCP, what is in front of it (ser2net, an ESP) may hold bytes that are still to be delivered.
 * - Light: the pulse that is being executed ends by itself, for one line lights and ends it; in the gap of a burst one
 *   pulse more may be in the controller, and is fired. No light longer than `longestPulseMs`, and no second pulse. Grbl
 *   adds a few ms to a dwell, and dwells in steps of its DWELL_TIME_STEP: `dwellStepMs` must be what it was built with.
 * - One firmware failure breaks that: M30 reads the coordinate system from the EEPROM before it switches off, and when
 *   that fails the line ends with error 7 and light on. The bridge answers any error with a reset; without a bridge
 *   nothing does. (M5 would not help, as the parser believes the laser to be off already.)
 * - Motion: a move goes on to its target, which is within the limits; a jog comes to rest within half a second;
 *   homing goes on to its end.
 * - A controller that hangs, a transistor that has failed, a reset line that is held: no byte ends those. A laser that
 *   can hurt needs an interlock in its own supply; `$32=1` and this driver are no safety function.
 * - Powering up, before the firmware runs, the output pin floats: the laser's input needs a pull-down.
 * Motion and light never coincide here: laser mode's M4, which would be dark as soon as motion ends, is not used.
 */
export default defineDriver({
  kind: 'turret.grbl',
  family: 'turret',
  config,
  open(settings, context) {
    const wire = wireOptions.parse({ serial: { baudRate: settings.baudRate } })
    context.guard.protect(safePlan(settings, wire))
    return Turret.open(openResource(settings.resource, wire), settings, context)
  },
})
