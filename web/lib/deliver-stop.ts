import { BenchError } from '../../shared/errors.ts'

/** How long the socket may keep silent before the stop goes by HTTP as well. */
export const PATIENCE_MS = 300

/** What the bridge says of a stop that has arrived: how long it took to reach the last device. */
export interface StopAnswer {
  stopMs: number
}

/** The ways to the bridge; the socket's is missing while there is no connection. */
export interface StopWays {
  bySocket: (() => Promise<StopAnswer>) | undefined
  byHttp: () => Promise<StopAnswer>
}

/**
 * Brings an emergency stop to the bridge by whichever way gets there: by the socket, and by HTTP as well when that has
 * not answered in time, was refused, or is not there. A stop that arrives twice stops twice, which does no harm. Throws
 * what went wrong when no way got there.
 */
export async function deliverStop({ bySocket, byHttp }: StopWays): Promise<StopAnswer> {
  if (!bySocket) return byHttp()
  const first = bySocket()
  const second = unlessAnswered(first).then((answer) => answer ?? byHttp())
  try {
    return await Promise.any([first, second])
  } catch (error) {
    throw mostTelling(error instanceof AggregateError ? error.errors : [error])
  }
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

/** That the bridge said no tells more than that there was no way to it. */
function mostTelling(errors: unknown[]): unknown {
  const isAnswer = (error: unknown): boolean =>
    error instanceof BenchError && error.code !== 'connection.lost' && error.code !== 'device.timeout'
  return errors.find(isAnswer) ?? errors.at(-1)
}
