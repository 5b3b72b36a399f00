import { BenchError } from '../../shared/wire/errors.ts'
import type { GuardianStopAnswer } from '../../shared/guardian/guardian.ts'

/** How long the socket may keep silent before the stop goes to the bridge by HTTP as well. */
export const PATIENCE_MS = 300

/** What is said of a stop that has arrived: who has carried it out, and how long it took to reach the last device. */
export type StopAnswer = GuardianStopAnswer

/** The ways of a stop. The socket's is missing while there is no connection, the guardian's where none is known. */
export interface StopWays {
  bySocket: (() => Promise<StopAnswer>) | undefined
  byHttp: () => Promise<StopAnswer>
  byGuardian: (() => Promise<StopAnswer>) | undefined
}

/**
 * Brings an emergency stop to the bridge and to its guardian at once, and answers with whoever answers first: either
 * sees to it that every device is made safe. A stop that arrives twice stops twice, which does no harm. Throws what went
 * wrong when no way got there.
 */
export async function deliverStop({ bySocket, byHttp, byGuardian }: StopWays): Promise<StopAnswer> {
  const toBridge = bySocket ? bySocketOrHttp(bySocket, byHttp) : go(byHttp)
  try {
    return await Promise.any(byGuardian ? [toBridge, go(byGuardian)] : [toBridge])
  } catch (error) {
    throw mostTelling(error)
  }
}

/** Goes one way, in this tick; one that throws keeps none of the others from being gone. */
async function go(way: () => Promise<StopAnswer>): Promise<StopAnswer> {
  return way()
}

/** To the bridge: by the socket, and by HTTP as well when that has not answered in time or was refused. */
async function bySocketOrHttp(
  bySocket: () => Promise<StopAnswer>,
  byHttp: () => Promise<StopAnswer>,
): Promise<StopAnswer> {
  const first = go(bySocket)
  const second = unlessAnswered(first).then((answer) => answer ?? byHttp())
  return Promise.any([first, second])
}

async function unlessAnswered(first: Promise<StopAnswer>): Promise<StopAnswer | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  try {
    return await Promise.race([first.catch(() => undefined), patience])
  } finally {
    clearTimeout(timer)
  }
}

/** That somebody said no tells more than that there was no way to them. */
function mostTelling(error: unknown): unknown {
  const errors = causesOf(error)
  const isAnswer = (cause: unknown): boolean =>
    cause instanceof BenchError && cause.code !== 'connection.lost' && cause.code !== 'device.timeout'
  return errors.find(isAnswer) ?? errors[0]
}

function causesOf(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap(causesOf) : [error]
}
