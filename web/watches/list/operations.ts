import type { CommandName } from '../../../shared/commands.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { WatchStatus } from '../../../shared/watches/watch-state.ts'
import { call } from '../../link/call.ts'
import { attempt, toasts } from '../../ui/toasts.svelte.ts'
import { watchesText } from '../words.ts'

/** Of an operation on several, what the bridge answers. */
export interface Done {
  done: string[]
  refused: { id: string; why: string }[]
}

/** Something that is done to one or many watches without a question. */
export interface Operation {
  text: string
  command: CommandName
  /** How it is told that it is done: `12 watches paused`. */
  past: string
  /** Whether it would change anything about this one. */
  fits: (status: WatchStatus) => boolean
  act: (ids: string[]) => Promise<Done>
}

const always = (): boolean => true

export const CHECK: Operation = {
  text: 'Check now',
  command: 'watch.check',
  past: 'queued',
  fits: always,
  act: (ids) => call('watch.check', { ids }),
}

/** Those that people want most, in the order in which they stand. */
export const OPERATIONS: readonly Operation[] = [
  CHECK,
  {
    text: 'Pause',
    command: 'watch.pause',
    past: 'paused',
    fits: ({ paused }) => !paused,
    act: (ids) => call('watch.pause', { ids, paused: true }),
  },
  {
    text: 'Resume',
    command: 'watch.pause',
    past: 'resumed',
    fits: ({ paused }) => paused === true,
    act: (ids) => call('watch.pause', { ids, paused: false }),
  },
  {
    text: 'Mute',
    command: 'watch.mute',
    past: 'muted',
    fits: ({ muted }) => !muted,
    act: (ids) => call('watch.mute', { ids, muted: true }),
  },
  {
    text: 'Unmute',
    command: 'watch.mute',
    past: 'no longer muted',
    fits: ({ muted }) => muted === true,
    act: (ids) => call('watch.mute', { ids, muted: false }),
  },
  {
    text: 'Mark seen',
    command: 'watch.seen',
    past: 'marked as seen',
    fits: ({ unseen }) => unseen !== undefined,
    act: (ids) => call('watch.seen', { ids }),
  },
  {
    text: 'Clear errors',
    command: 'watch.clearErrors',
    past: 'cleared of errors',
    fits: ({ outcome, failures }) => outcome === 'failing' || failures > 0,
    act: (ids) => call('watch.clearErrors', { ids }),
  },
]

/** Tells of what was refused, by reason; what was done to several is told as well. */
export function tellOf({ done, refused }: Done, past: string, quiet = done.length < 2): void {
  if (!quiet) toasts.note(`${watchesText(done.length)} ${past}.`)
  const reasons = new Map<string, number>()
  for (const { why } of refused) reasons.set(why, (reasons.get(why) ?? 0) + 1)
  for (const [why, count] of reasons)
    toasts.report(new BenchError('watch.failed', `${watchesText(count)}: ${why}`))
}

/** Does an operation and tells what came of it. Whether it was done. */
export function operate(operation: Operation, ids: readonly string[]): Promise<boolean> {
  return attempt(async () => tellOf(await operation.act([...ids]), operation.past))
}

/** Deletes watches, and offers to bring them back. */
export function remove(ids: readonly string[]): Promise<boolean> {
  return attempt(async () => {
    const answer = await call('watch.remove', { ids: [...ids] })
    tellOf(answer, 'deleted', true)
    if (answer.done.length === 0) return
    toasts.note(`${watchesText(answer.done.length)} deleted.`, {
      text: 'Undo',
      act: () => void attempt(async () => tellOf(await call('watch.restore', { undo: answer.undo }), 'back')),
    })
  })
}
