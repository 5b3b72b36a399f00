import type { z } from 'zod'
import type { Role } from '../access/access.ts'
import { strictly } from './strict.ts'

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
  /** A member that it does not have is an error, in objects within it too; what makes safe takes no offence at one. */
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

/** Members that name what a call touches: of one kind, a command has one at most. */
const DEVICE_MEMBERS = ['device', 'camera'] as const
const FEED_MEMBERS = ['topic', 'stream'] as const

/** Declares a command, keeping the exact types of its input and output. Throws for one that names what it touches twice. */
export function command<I extends z.ZodObject, O extends z.ZodType>(spec: Command<I, O>): Command<I, O> {
  const { input } = spec
  for (const members of [DEVICE_MEMBERS, FEED_MEMBERS]) {
    if (members.every((member) => member in input.shape)) {
      throw new Error(
        `"${spec.about}" names what it touches by ${members.join(' and by ')}: declare one of them`,
      )
    }
  }
  // Nothing holds a stop back, a member too many neither.
  return spec.safe ? spec : { ...spec, input: strictly(input) }
}

/** What a call of this command touches. */
export function reachOf({ input, reach }: Command): Reach {
  return memberOf(input, DEVICE_MEMBERS) ? 'device' : (reach ?? 'bench')
}

/** The device that a call names, by the one member that its command has for that; undefined where it names none. */
export function deviceOf({ input }: Command, named: Readonly<Record<string, unknown>>): string | undefined {
  return textOf(named, memberOf(input, DEVICE_MEMBERS))
}

/** The topic or stream that a call names. */
export function feedOf({ input }: Command, named: Readonly<Record<string, unknown>>): string | undefined {
  return textOf(named, memberOf(input, FEED_MEMBERS))
}

function memberOf({ shape }: z.ZodObject, members: readonly string[]): string | undefined {
  return members.find((member) => Object.hasOwn(shape, member))
}

function textOf(named: Readonly<Record<string, unknown>>, member: string | undefined): string | undefined {
  const value = member === undefined ? undefined : named[member]
  return typeof value === 'string' ? value : undefined
}

/** Whether a call of this command, refused or not, belongs in the audit. */
export function isAudited({ lease, safe, audited }: Command): boolean {
  return lease === true || safe === true || audited === true
}
