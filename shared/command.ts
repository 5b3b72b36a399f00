import type { z } from 'zod'
import type { Role } from './access.ts'

/**
 * What a call touches: one device, a topic or stream, the caller's own things, what the page of everybody who has signed
 * in needs (bound to devices or not), or the bench as a whole.
 */
export type Reach = 'device' | 'feed' | 'self' | 'page' | 'bench'

/** One command as it is declared: from this entry follow its event, its route, its permission, its audit line, its types and its page in the docs. */
export interface Command<I extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> {
  /** One sentence for the protocol's page. */
  about: string
  /** The weakest role that may call it. */
  role: Role
  input: I
  output: O
  /** Set where a call only makes sense on a connection that stays: such a command has no REST route. */
  only?: 'socket'
  /** Left out for a command whose input names a `device` or a `camera`; else `bench` unless said otherwise. */
  reach?: Exclude<Reach, 'device'>
  /** Moves, emits or changes settings: needs the lease, an emergency stop that is not latched, and closed interlocks. */
  lease?: true
  /** Moves the device: held back by interlocks that forbid motion. */
  moves?: true
  /** Only sets, and neither moves nor emits by that: no interlock that forbids one of the two alone holds it back. */
  sets?: true
  /** For the lease's holder, though it moves nothing. */
  holder?: true
  /** Switches light on: needs the holder's heartbeat besides. Held back by interlocks that forbid emission. */
  emits?: true
  /** Allowed to the lease's holder while the emergency stop is latched. */
  whileStopped?: true
  /** Makes safe and nothing else: needs neither lease nor interlock, and is never held back. */
  safe?: true
  /** Makes rights or shows secrets: needs that the caller has shown lately who they are (`session.prove`). */
  fresh?: true
  /** Kept in the audit though it moves nothing; what has `lease` or `safe` is kept anyway. */
  audited?: true
}

/** What interlocks can forbid. */
export const acts = ['emission', 'motion'] as const
export type Act = (typeof acts)[number]

/** Whether an open interlock that forbids these holds the command back: one that does not say what it does may do any. */
export function isForbidden({ emits, moves, sets }: Command, forbids: readonly Act[]): boolean {
  if (acts.every((act) => forbids.includes(act))) return true
  if (emits || moves)
    return (emits === true && forbids.includes('emission')) || (moves === true && forbids.includes('motion'))
  return !sets && forbids.length > 0
}

/** Declares a command, keeping the exact types of its input and output. */
export function command<I extends z.ZodObject, O extends z.ZodType>(spec: Command<I, O>): Command<I, O> {
  return spec
}

/** What a call of this command touches. */
export function reachOf({ input, reach }: Command): Reach {
  return 'device' in input.shape || 'camera' in input.shape ? 'device' : (reach ?? 'bench')
}

/** Whether a call of this command, refused or not, belongs in the audit. */
export function isAudited({ lease, safe, audited }: Command): boolean {
  return lease === true || safe === true || audited === true
}
