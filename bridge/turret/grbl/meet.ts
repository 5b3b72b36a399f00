import { BenchError } from '../../../shared/wire/errors.ts'
import { pause } from '../../core/deadline.ts'
import { lockedWords } from './condition.ts'
import { type Facts, learn } from './facts.ts'
import type { Reports } from './reports.ts'
import type { Status } from './status.ts'
import { type GrblWire, JOG_CANCEL, RESET } from './wire.ts'

/** A controller that homes, or has met a limit, answers nothing but a reset. */
const SIGN_MS = 400
/** A board that begins anew when its port is opened takes 0.5 to 8 s, and hears nothing meanwhile. */
const ANSWER_MS = 11_000
/** A reset that a board did not hear is sent again. */
const AGAIN_MS = 2500
const BRAKE_MS = 2000
const LOOK_MS = 50
/** How long it is waited for whoever holds the controller to let it go, in one opening. */
const HELD_MS = 8000
const HELD_LOOK_MS = 200
/** A board that has just begun may begin once more, and forget what it was asked. */
const WELCOMES = 3

/**
 * Makes whatever it finds at the other end dark and still: a jog that an earlier bridge has left is braked first, so
 * that its position is kept; all else is ended by a reset at once. Waits for a board that begins anew, and for a safety
 * door that is open. Resolves with what the controller says of itself, and a report. Rejects with `device.timeout`,
 * saying what was heard, when there is no Grbl, and with `device.faulted` while it is held or not dark.
 */
export async function meet(
  wire: GrblWire,
  reports: Reports,
  signal: AbortSignal,
): Promise<{ facts: Facts; status: Status; saysHomed: boolean | undefined }> {
  const first = await reports.fresh(wire, SIGN_MS).catch(() => undefined)
  signal.throwIfAborted()
  if (first?.state === 'Jog' && first.speed === 0) {
    wire.realTime(JOG_CANCEL)
    const until = performance.now() + BRAKE_MS
    while (performance.now() < until && (await reports.fresh(wire)).state === 'Jog') {
      if (!(await pause(LOOK_MS, signal))) signal.throwIfAborted()
    }
  }
  const version = await begin(wire, signal)
  // A reset in motion has lost the position.
  reports.saysHomed = undefined
  if (version.startsWith('0'))
    throw new BenchError('device.unsupported', `the controller is Grbl ${version}: version 1.1 is needed`)
  for (let left = WELCOMES; ; left--) {
    await untilReleased(wire, reports, signal)
    try {
      const facts = await learn(wire, version)
      wire.rxBytes = facts.rxBytes ?? wire.rxBytes
      wire.firmware = facts.firmware
      const status = await reports.confirmDark(wire, true)
      return { facts, status, saysHomed: reports.saysHomed }
    } catch (error) {
      signal.throwIfAborted()
      if (left === 1 || !(error instanceof BenchError) || error.code !== 'aborted') throw error
    }
  }
}

/** Resets until the controller says that it has begun anew. */
async function begin(wire: GrblWire, signal: AbortSignal): Promise<string> {
  const until = performance.now() + ANSWER_MS
  for (;;) {
    wire.realTime(RESET)
    try {
      return await wire.settled(Math.min(AGAIN_MS, until - performance.now()))
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof BenchError) || error.code !== 'device.timeout') throw error
      if (performance.now() >= until) throw unmet(wire, error)
    }
  }
}

function unmet({ hearing }: GrblWire, cause: BenchError): BenchError {
  const advice = hearing.isNoise
    ? 'check the baud rate'
    : 'check that it is Grbl 1.1, its power, its cable and the baud rate'
  return new BenchError(
    'device.timeout',
    `no Grbl has answered a reset within ${ANSWER_MS / 1000} s; heard was ${hearing.words}: ${advice}`,
    { cause },
  )
}

/** A controller that is held at its door answers `?` and nothing else. It is reset as soon as it is let go. */
async function untilReleased(wire: GrblWire, reports: Reports, signal: AbortSignal): Promise<void> {
  const until = performance.now() + HELD_MS
  for (;;) {
    const status = await reports.fresh(wire).catch(() => undefined)
    if (!status || (status.state !== 'Door' && status.state !== 'Hold')) return
    if (isLetGo(status)) {
      await wire.reset()
      continue
    }
    if (performance.now() > until)
      throw new BenchError(
        'device.faulted',
        `it answers nothing but its state: ${lockedWords(status, false)}. It is tried again`,
      )
    if (!(await pause(HELD_LOOK_MS, signal))) signal.throwIfAborted()
  }
}

function isLetGo({ state, substate }: Status): boolean {
  return state === 'Hold' || substate === 0
}
