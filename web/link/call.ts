import type { CommandName, InputOf, OutputOf } from '../../shared/commands.ts'
import { BenchError, unwrap, type Result } from '../../shared/wire/errors.ts'
import { proof } from './proof.svelte.ts'
import { socket } from './socket.ts'

const DEADLINE_MS = 10_000

type Ask<K extends CommandName> = (name: K, input: InputOf<K>) => Promise<Result<OutputOf<K>>>

/**
 * Asks the bridge for a command's value; where the bridge wants to know again who is here, after they have shown it.
 * Throws the BenchError it answers, or one that says why it did not.
 */
export async function call<K extends CommandName>(
  name: K,
  input: InputOf<K>,
  { deadlineMs = DEADLINE_MS }: { deadlineMs?: number } = {},
): Promise<OutputOf<K>> {
  const result = await ask(name, input, deadlineMs)
  if (!result.ok && result.error.code === 'proof.required' && (await proof.ask()))
    return unwrap(await ask(name, input, deadlineMs))
  return unwrap(result)
}

async function ask<K extends CommandName>(
  name: K,
  input: InputOf<K>,
  deadlineMs: number,
): Promise<Result<OutputOf<K>>> {
  // socket.io would keep the call and send it after a reconnection, when nobody means it any more.
  if (!socket.connected) throw lost(name)
  const timed = socket.timeout(deadlineMs)
  // emitWithAck cannot relate the event's name to its answer when the name is generic.
  const emit = timed.emitWithAck.bind(timed) as unknown as Ask<K>
  return emit(name, input).catch((cause: unknown) => {
    if (!socket.connected) throw lost(name, cause)
    const message = `The bridge did not answer ${name} within ${deadlineMs / 1000} s. Try again.`
    throw new BenchError('device.timeout', message, { cause })
  })
}

function lost(name: string, cause?: unknown): BenchError {
  const message = `There is no connection to the bridge, so ${name} has no answer. Try again once it is back.`
  return new BenchError('connection.lost', message, { cause })
}
