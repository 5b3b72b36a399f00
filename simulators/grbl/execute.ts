import { type Block, freshModes, GrblError, readBlock, type Spindle } from './block.ts'
import type { Controller, Work } from './controller.ts'
import type { Vector } from './planner.ts'

const AXES = [0, 1, 2]

/** Executes a line of G-code in the order of gcode.c, step 4; answers when the next line may be read. */
export function* runBlock(machine: Controller, line: string): Work {
  const block = readBlock(line, machine.modes)
  const { modes: before, settings } = machine
  const { modes, axes } = block
  const laser = settings.isSet(32)
  // In laser mode light belongs to G1, and a block that moves takes its power along instead of waiting.
  const s = laser && modes.motion !== 'G1' ? 0 : modes.s
  const takesAlong = laser && axes.size > 0
  const switched = laser && before.spindle === 'M3' && (before.motion === 'G1') !== (modes.motion === 'G1')
  if ((modes.s !== before.s || switched) && before.spindle !== 'M5' && !takesAlong)
    yield* syncSpindle(machine, before.spindle, s)
  if (modes.spindle !== before.spindle) yield* syncSpindle(machine, modes.spindle, s)
  machine.modes = modes
  if (block.dwellS !== undefined) yield* dwell(machine, block.dwellS)
  if (axes.size > 0) {
    const feed = modes.motion === 'G0' ? Infinity : modes.feed
    yield* travel(machine, block, feed, s)
  }
  if (block.end !== undefined) yield* endProgram(machine, block.end)
  return 0
}

/** Executes `$J=`: a line that leaves the parser's modes alone (jog.c). Answers the number of the error. */
export function* runJog(machine: Controller, text: string): Work {
  if (machine.state !== 'Idle' && machine.state !== 'Jog') return 8
  const block = readBlock(text, machine.modes, true)
  if (machine.settings.hasBit(20, 0) && !inTravel(machine, targetOf(machine, block))) return 15
  yield { ready: () => machine.planner.free > 0 }
  const { spindle, s } = machine.modes
  const added = machine.planner.add(targetOf(machine, block), block.modes.feed, { spindle, s })
  if (added) machine.start('Jog')
  return 0
}

function* travel(machine: Controller, block: Block, feed: number, s: number): Work {
  const target = targetOf(machine, block)
  if (machine.settings.hasBit(20, 0) && !inTravel(machine, target)) yield* machine.softLimit()
  yield { ready: () => machine.planner.free > 0 }
  const light = { spindle: block.modes.spindle, s }
  if (machine.planner.add(target, feed, light)) machine.start('Run')
  else if (machine.settings.isSet(32) && light.spindle === 'M3') yield* syncSpindle(machine, 'M3', s)
  return 0
}

function* atRest(machine: Controller): Work {
  yield { ready: () => machine.planner.empty && machine.state !== 'Run' }
  return 0
}

function* syncSpindle(machine: Controller, spindle: Spindle, s: number): Work {
  yield* atRest(machine)
  machine.output.set(spindle, s)
  return 0
}

/** Whole steps, rounded up, in the single precision of the controller (delay_sec of nuts_bolts.c). */
function* dwell(machine: Controller, seconds: number): Work {
  yield* atRest(machine)
  const { dwellStepMs } = machine.options
  const steps = Math.ceil(Math.fround(Math.fround(seconds) * Math.fround(1000 / dwellStepMs)))
  let due = performance.now()
  for (let step = 0; step < steps; step++) {
    // A hold stands between two steps: what is left of them is executed after it.
    const now = performance.now()
    due = now - due > dwellStepMs ? now + dwellStepMs : due + dwellStepMs
    const until = due
    yield { ready: () => performance.now() >= until, due: until }
  }
  return 0
}

/** M2 and M30 end light by themselves; their own failure, to read the coordinate system, comes before that. */
function* endProgram(machine: Controller, end: 'M0' | 'M2'): Work {
  yield* atRest(machine)
  if (end === 'M0') {
    machine.state = 'Hold'
    yield { ready: () => machine.state !== 'Hold' }
    return 0
  }
  machine.modes = {
    ...machine.modes,
    motion: 'G1',
    distance: freshModes.distance,
    spindle: 'M5',
  }
  machine.output.overrides.reset()
  if (machine.faults.takeEeprom()) throw new GrblError(7)
  machine.output.set('M5', 0)
  machine.message('Pgm End')
  return 0
}

/** Absolute words and machine coordinates are the same here: there are no work offsets. */
function targetOf({ planner }: Controller, { axes, modes, machine }: Block): Vector {
  const from = planner.end
  return AXES.map((axis) => {
    const word = axes.get(axis)
    if (word === undefined) return from[axis]!
    return modes.distance === 'G91' && !machine ? from[axis]! + word : word
  }) as Vector
}

/** Everything between minus the travel and 0, or 0 and the travel where it counts up (system_check_travel_limits). */
function inTravel({ settings }: Controller, target: Vector): boolean {
  return target.every((mm, axis) => {
    const travel = settings.ofAxis(130, axis)
    return settings.countsUp(axis) ? mm >= 0 && mm <= travel : mm <= 0 && mm >= -travel
  })
}
