import { openSession } from '../support/instrument.ts'
import { startCtp10 } from '../support/bench-process.ts'
import { bareExchange, bareSocket, endBare } from './bare.ts'
import { median, progress, rounded } from './statistics.ts'

const QUERIES = 4000
const ROUNDS = 7

/** `*IDN?` round trips a second, one after the other: through a session, and on a bare socket, in turns. */
export async function measure(): Promise<{ perSecond: number; barePerSecond: number }> {
  await using instrument = await startCtp10()
  const { port } = instrument.ready
  const ours: number[] = []
  const bare: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const socket = await bareSocket(port)
    bare.push(await rate(() => bareExchange(socket, '*IDN?')))
    await endBare(socket)
    const { session } = await openSession(port)
    ours.push(await rate(() => session.query('*IDN?')))
    session[Symbol.dispose]()
    await new Promise((resolve) => setTimeout(resolve, 50))
    progress(
      `round ${round + 1} of ${ROUNDS}: ${Math.round(ours.at(-1) ?? 0)} a second, bare ${Math.round(bare.at(-1) ?? 0)}`,
    )
  }
  return { perSecond: rounded(median(ours)), barePerSecond: rounded(median(bare)) }
}

async function rate(ask: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  for (let n = 0; n < QUERIES; n++) await ask()
  return (QUERIES / (performance.now() - begun)) * 1000
}
