import { setTimeout as sleep } from 'node:timers/promises'
import { provesSafe, type SafePlan } from '../../bridge/core/safe-plan.ts'
import { openResource, wireOptions } from '../../bridge/transport/resource.ts'
import type { Receiver } from '../../bridge/transport/transport.ts'

const ANSWER_MS = 3000
const ROUND_MS = 50

/** Puts a transport's bytes together to lines, as the wire marks them or an LF does. */
class Lines implements Receiver {
  readonly #room = Buffer.alloc(4096)
  #text = ''
  marksEnd = false
  readonly lines: string[] = []

  space(): Uint8Array {
    return this.#room
  }

  received(count: number, end: boolean): void {
    this.#text += this.#room.toString('latin1', 0, count)
    if (this.marksEnd && !end) return
    const pieces = this.#text.split('\n')
    this.#text = end ? '' : (pieces.pop() ?? '')
    this.lines.push(...pieces.filter((piece) => piece !== '').map((piece) => piece.replace(/\r$/, '')))
  }

  closed(): void {}
}

/**
 * Carries a safe plan out as a program would that knows the wire and nothing else: with bridge/transport and bridge/core.
 * Answers in how many rounds all proofs held, each round with the messages before it. Rejects when none does in ten.
 */
export async function carryOut(plan: SafePlan): Promise<number> {
  const receiver = new Lines()
  const signal = AbortSignal.timeout(20_000)
  const transport = await openResource(plan.resource, wireOptions.parse(plan.wire))(receiver, signal)
  receiver.marksEnd = transport.marksEnd
  try {
    if (plan.clearing !== '') transport.write(plan.clearing)
    for (let round = 1; round <= 10; round++) {
      for (const message of plan.messages) transport.write(message)
      let held = true
      for (const proof of plan.proofs) {
        transport.write(proof.ask)
        transport.expectAnswer?.()
        held = provesSafe(proof, await answerOf(receiver)) && held
      }
      if (held) return round
      await sleep(ROUND_MS)
    }
  } finally {
    transport.close()
  }
  throw new Error('the proofs did not hold')
}

async function answerOf({ lines }: Lines): Promise<string> {
  const late = performance.now() + ANSWER_MS
  for (;;) {
    const line = lines.shift()
    if (line !== undefined) return line
    if (performance.now() > late) throw new Error('no answer')
    await sleep(1)
  }
}
