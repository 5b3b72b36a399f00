import { z } from 'zod'
import { command } from '../wire/command.ts'
import { secret } from '../wire/secret.ts'
import { tag } from '../traces/trace.ts'
import { channelName, watch, watchBody, watchId } from './watch.ts'
import { watchCheck, watchSnapshot } from './watch-history.ts'

const ids = z.array(watchId).min(1).max(5000)

/** Of an operation on several: those it was done to, and why not to the others. */
const done = z.object({
  done: z.array(watchId),
  refused: z.array(z.object({ id: watchId, why: z.string() })),
})

/** What a draft would see. Nothing of it is kept, and nobody is told. */
export const watchTrial = z.object({
  outcome: z
    .enum(['ok', 'changed', 'failed'])
    .describe('changed does not occur where there is nothing to compare with'),
  message: z.string().optional(),
  value: z.union([z.number(), z.string()]).optional(),
  unit: z.string().optional(),
  tookMs: z.number(),
  snapshot: watchSnapshot.optional().describe('with seq 0; the path of an image is good for two minutes'),
  nextAt: z.number().optional().describe('when its schedule would have it checked first'),
})
export type WatchTrial = z.infer<typeof watchTrial>

/** Watches of pages reach into the network as the bridge does: who makes or changes one has to be an administrator. */
export const watchCommands = {
  'watch.list': command({
    about:
      'Watches as they were saved, by their ids or 200 after the other; how they fare is in the topic `watchlist`.',
    role: 'viewer',
    input: z.object({
      ids: ids.max(200).optional().describe('these; else all, in the order of their ids'),
      after: watchId.optional().describe('of all: those that follow this one'),
      limit: z.number().int().min(1).max(200).default(200),
    }),
    output: z.array(watch),
  }),
  'watch.save': command({
    about: 'Keep a new watch, or another form of one; a watch of a page needs an administrator.',
    role: 'operator',
    audited: true,
    input: watchBody.extend({
      id: watchId.optional().describe('of the one to change; a new one when left out'),
      basedOn: z.number().int().optional().describe('refused when the watch has another revision by now'),
      paused: z.boolean().default(false).describe('of a new one'),
    }),
    output: watch,
  }),
  'watch.try': command({
    about: 'Check a draft once, and answer what it sees; a watch of a page needs an administrator.',
    role: 'operator',
    audited: true,
    input: z.object({
      draft: watchBody,
      id: watchId.optional().describe('of the watch whose kept secrets the draft refers to'),
    }),
    output: watchTrial,
  }),
  'watch.check': command({
    about: 'Check now, ahead of what is due.',
    role: 'operator',
    input: z.object({ ids }),
    output: done,
  }),
  'watch.pause': command({
    about: 'Stop checking by schedule, or go on.',
    role: 'operator',
    audited: true,
    input: z.object({ ids, paused: z.boolean() }),
    output: done,
  }),
  'watch.mute': command({
    about: 'Tell nobody of what these watches find, or tell again.',
    role: 'operator',
    audited: true,
    input: z.object({ ids, muted: z.boolean() }),
    output: done,
  }),
  'watch.seen': command({
    about: 'Mark the changes of these watches as seen.',
    role: 'operator',
    input: z.object({ ids }),
    output: done,
  }),
  'watch.clearErrors': command({
    about: 'Forget that these watches failed: they are as new until they are checked again.',
    role: 'operator',
    audited: true,
    input: z.object({ ids }),
    output: done,
  }),
  'watch.clearHistory': command({
    about: 'Delete the checks and snapshots of these watches for good.',
    role: 'operator',
    audited: true,
    input: z.object({ ids }),
    output: done,
  }),
  'watch.tag': command({
    about: 'Add tags to these watches, and take others away.',
    role: 'operator',
    audited: true,
    input: z.object({ ids, add: z.array(tag).max(20).default([]), remove: z.array(tag).max(20).default([]) }),
    output: done,
  }),
  'watch.copy': command({
    about: 'Make a paused copy of each of these watches; answers the copies.',
    role: 'operator',
    audited: true,
    input: z.object({ ids: ids.max(500) }),
    output: done.extend({ copies: z.array(watch) }),
  }),
  'watch.remove': command({
    about: 'Delete these watches; for ten minutes watch.restore brings them back, history and all.',
    role: 'operator',
    audited: true,
    input: z.object({ ids }),
    output: done.extend({ undo: z.string().describe('for watch.restore'), until: z.number() }),
  }),
  'watch.restore': command({
    about: 'Bring back what watch.remove has deleted.',
    role: 'operator',
    audited: true,
    input: z.object({ undo: secret(z.string().max(40)) }),
    output: done,
  }),
  'watch.export': command({
    about: 'The watches as YAML, all or those with these ids.',
    role: 'operator',
    input: z.object({ ids: ids.optional() }),
    output: z.object({ yaml: z.string(), watches: z.number().int() }),
  }),
  'watch.import': command({
    about: 'Take watches from YAML as watch.export makes it, or from an export of changedetection.io (JSON).',
    role: 'operator',
    audited: true,
    input: z.object({
      text: secret(z.string().max(240_000)),
      format: z.enum(['yaml', 'changedetection']).default('yaml'),
      paused: z.boolean().default(true).describe('they wait until somebody lets them go on'),
    }),
    output: z.object({
      added: z.array(watchId),
      refused: z.array(z.object({ name: z.string(), why: z.string() })),
    }),
  }),
  'watch.history': command({
    about: 'The checks of a watch, newest first; `before` is the number to go on from.',
    role: 'viewer',
    input: z.object({
      id: watchId,
      before: z.number().int().optional(),
      limit: z.number().int().min(1).max(500).default(100),
      only: z.enum(['all', 'news']).default('all').describe('news: changes, failures and recoveries'),
    }),
    output: z.array(watchCheck),
  }),
  'watch.sparks': command({
    about: 'The newest numbers of several watches, oldest first, for small curves.',
    role: 'viewer',
    input: z.object({ ids: ids.max(200), points: z.number().int().min(2).max(100).default(30) }),
    output: z.record(watchId, z.array(z.object({ at: z.number(), value: z.number() }))),
  }),
  'watch.snapshot': command({
    about: 'What a check has seen, and how that differs from an earlier one.',
    role: 'viewer',
    input: z.object({
      id: watchId,
      seq: z.number().int(),
      against: z.number().int().optional().describe('the snapshot before it when left out'),
    }),
    output: watchSnapshot,
  }),
  'notify.test': command({
    about: 'Send a test message over a channel now, and answer what came of it.',
    role: 'operator',
    audited: true,
    input: z.object({ channel: channelName }),
    output: z.object({ message: z.string() }),
  }),
}
