import { BenchError } from '../../../shared/wire/errors.ts'
import { pause, withDeadline } from '../../core/deadline.ts'
import type { StopOutcome } from '../../device/device.ts'
import { type Proof, provesSafe, type SafePlan } from '../../core/safe-plan.ts'
import { DRIVER } from './asker.ts'
import type { Session } from './session.ts'
import type { Wire } from './wire.ts'

const ASK_AGAIN_MS = 100
/** An error queue holds no more: one that never empties proves nothing. */
const MOST_ANSWERS = 64
/** What it held of before is out of it after the first of these; what it says after the others is of these messages. */
const MOST_TRIES = 3

/** How a plan is carried out, and who hears of it. */
interface MakingSafe {
  device: string
  /** Until it must have been proven. */
  ms: number
  signal?: AbortSignal
  /** Is told each answer to a proof, as it comes. */
  heard: (proof: Proof, answer: string) => void
  /** Has the line after each round of proofs: what the instrument says of messages that went past the queue is nobody else's. */
  settled: (wire: Wire) => Promise<void>
  /** What is not safe, in words, by the proofs that do not hold and what was answered to them. */
  explain: (failed: ReadonlyMap<Proof, string>) => string
}

/**
 * Carries a safe plan out over a session: its messages are on their way before this returns, past every queue, and then
 * its proofs are asked until all of them hold. Resolves with `sent` where the plan has no proof. Rejects with `scpi.error`
 * when a proof does not hold, and as an exchange does when the instrument does not answer, `device.timeout` at last.
 */
export async function makeSafe(session: Session, plan: SafePlan, making: MakingSafe): Promise<StopOutcome> {
  // An answer that can be had once is to speak of these messages: nobody may have asked for it in between.
  const alone = session.busyWith === undefined
  session.abort(linesOf(plan))
  return proveSafe(session, plan, { ...making, alone })
}

/** The plan's messages as a session takes them: without the end mark, which is the wire's own. */
export function linesOf({ messages }: SafePlan): string[] {
  return messages.map(lineOf)
}

/** The same for the proofs, for messages that were sent already. `alone`: nobody else can have asked anything since. */
export async function proveSafe(
  session: Session,
  plan: SafePlan,
  { device, ms, signal, heard, settled, explain, alone }: MakingSafe & { alone: boolean },
): Promise<StopOutcome> {
  if (plan.proofs.length === 0) return 'sent'
  const over = new AbortController()
  const ends = signal ? AbortSignal.any([over.signal, signal]) : over.signal
  const wanting = new Set(plan.proofs)
  const failed = new Map<Proof, string>()
  let mustRepeat = !alone
  let tries = 0
  const round = async (wire: Wire): Promise<void> => {
    if (mustRepeat && [...wanting].some(({ once }) => once)) session.abort(linesOf(plan))
    mustRepeat = true
    for (const proof of wanting) {
      const against = await refutation(wire, proof, ends, heard)
      if (against === undefined) {
        wanting.delete(proof)
        failed.delete(proof)
      } else failed.set(proof, against)
    }
    await settled(wire)
    tries += 1
  }
  const refused = (cause?: unknown): BenchError =>
    new BenchError('scpi.error', explain(failed), { device, cause })
  const rounds = async (): Promise<void> => {
    while (!ends.aborted) {
      // In the driver's own name: a stop is confirmed whoever has locked the instrument for themselves.
      await session.run('control', round, ends, DRIVER).catch((error: unknown) => {
        if (!mayBeAskedAgain(error)) throw error
      })
      if (wanting.size === 0) return
      if (tries >= MOST_TRIES && [...failed.keys()].some(({ once }) => once)) throw refused()
      await pause(ASK_AGAIN_MS, ends)
    }
  }
  try {
    await withDeadline(rounds(), ms, 'making safe', { device, ...(signal && { signal }) })
    return 'proven'
  } catch (error) {
    throw failed.size === 0 ? error : refused(error)
  } finally {
    over.abort()
  }
}

/** What speaks against the instrument's being safe; undefined when the proof holds. */
async function refutation(
  wire: Wire,
  proof: Proof,
  signal: AbortSignal,
  heard: MakingSafe['heard'],
): Promise<string | undefined> {
  const { ask, once, deadlineMs } = proof
  let against: string | undefined
  for (let n = 0; n < (once ? MOST_ANSWERS : 1); n++) {
    const answer = await wire.query(lineOf(ask), {
      signal,
      ...(deadlineMs !== undefined && { deadlineMs }),
    })
    heard(proof, answer)
    // An entry that was in a queue is of these messages or of older ones: the queue is emptied, and asked again.
    if (provesSafe(proof, answer)) return against
    against ??= answer
  }
  return against
}

/** What came in between, and an answer that was lost, are no proof that the instrument is not safe. */
function mayBeAskedAgain(error: unknown): boolean {
  return error instanceof BenchError && (error.code === 'device.timeout' || error.code === 'aborted')
}

function lineOf(message: string): string {
  return message.replace(/\n$/, '')
}
