import { BenchError } from '../../../../shared/errors.ts'
import { pause } from '../../../core/deadline.ts'
import type { Reports } from './reports.ts'
import { type GrblWire, JOG_CANCEL } from './wire.ts'

/** A controller that homes, or has met a limit, answers nothing but a reset; an Arduino that is opened needs 2 s to start. */
const SIGN_MS = 400
const ANSWER_MS = 6000
const BRAKE_MS = 2000
const LOOK_MS = 50

/**
 * Makes whatever it finds at the other end dark and still: a jog that an earlier bridge has left is braked first, so
 * that its position is kept; all else is ended by a reset at once. Resolves with the controller's version. Rejects with
 * `device.timeout` when there is no Grbl.
 */
export async function meet(wire: GrblWire, reports: Reports, signal: AbortSignal): Promise<string> {
  const first = await reports.fresh(wire, SIGN_MS).catch(() => undefined)
  signal.throwIfAborted()
  if (first?.state === 'Jog' && first.speed === 0) {
    wire.realTime(JOG_CANCEL)
    const until = performance.now() + BRAKE_MS
    while (performance.now() < until && (await reports.fresh(wire)).state === 'Jog') {
      if (!(await pause(LOOK_MS, signal))) signal.throwIfAborted()
    }
  }
  const version = await wire.reset(ANSWER_MS)
  if (!version.startsWith('0')) return version
  throw new BenchError('device.unsupported', `the controller is Grbl ${version}: version 1.1 is needed`)
}
