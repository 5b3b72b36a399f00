import { pause } from '../../core/deadline.ts'
import type { GrblWire } from './wire.ts'

/** 20 reports a second while something happens, 5 at rest, 50 while somebody steers by them. */
const TICK_MS = 50
const STEERED_MS = 20
const REST_TICKS = 4
/** While it homes. Grbl answers when it is done, others say that they home. */
const HOMING_TICKS = 20
/** A report that is not there by then is asked for again. */
const REPORT_MS = 500
/** A controller that says nothing for so long is not there any more. */
export const SILENT_MS = 3000

interface PollOptions {
  wire: GrblWire
  busy: () => boolean
  steered: () => boolean
  /** It homes: until it is done it may say nothing, and the homing has its own deadline. */
  mute: () => boolean
  /** It has said nothing for too long. Called once, and the poll ends. */
  silent: () => void
  signal: AbortSignal
}

/** Asks for status reports until the signal aborts or the controller is silent. */
export async function poll({ wire, busy, steered, mute, silent, signal }: PollOptions): Promise<void> {
  let since = performance.now()
  for (let tick = 0; await pause(steered() ? STEERED_MS : TICK_MS, signal); tick++) {
    const now = performance.now()
    if (mute()) since = now
    if (now - Math.max(since, wire.heardAt) > SILENT_MS) {
      silent()
      return
    }
    if (tick % (mute() ? HOMING_TICKS : busy() ? 1 : REST_TICKS) !== 0) continue
    if (wire.askedAt !== undefined && now - wire.askedAt > REPORT_MS) wire.forgetStatus()
    wire.askStatus()
  }
}
