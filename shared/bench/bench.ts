import { z } from 'zod'
import { role, scope } from '../access/access.ts'
import { command } from '../wire/command.ts'
import { clientRef } from '../control/control.ts'
import { deviceBase } from '../wire/device.ts'
import { guardianState } from '../guardian/guardian.ts'
import { storageState } from '../diagnostics/storage.ts'

/** The bench's topic, `bench`: what is on it. */
export const benchState = z.object({
  title: z.string(),
  version: z.string(),
  startedAt: z.number(),
  /** By device id. The order on the page is the order in bench.yaml, kept in `order`. */
  devices: z.record(z.string(), deviceBase),
  order: z.array(z.string()),
  guardian: guardianState,
  storage: storageState,
})
export type BenchState = z.infer<typeof benchState>

const topicName = z.string().max(80)
const streamName = z.string().max(80)

export const benchCommands = {
  'session.hello': command({
    about:
      "Who the bridge takes the caller for, the bridge's clock in ms since the epoch, and how far the caller's topics have been sent: one whose last patch has another revision is to be subscribed to anew.",
    role: 'viewer',
    reach: 'self',
    input: z.object({
      topics: z
        .record(topicName, z.number().int())
        .optional()
        .describe('the revision that the caller has, by the name of each topic that it follows'),
    }),
    output: z.object({
      name: z.string(),
      role,
      via: z.enum(['session', 'token', 'local']),
      client: clientRef.describe('how the topic `control` names this page or script'),
      scope: scope.optional(),
      now: z.number(),
      version: z.string(),
      topics: z
        .record(z.string(), z.number().int())
        .optional()
        .describe(
          'of those topics, the revision that was sent last on this connection: it has arrived before this answer; a topic that is not followed is missing',
        ),
    }),
  }),
  'topic.subscribe': command({
    about: 'Follow a topic: answers its state now; `patch` events follow until `topic.unsubscribe`.',
    role: 'viewer',
    only: 'socket',
    reach: 'feed',
    input: z.object({ topic: topicName }),
    output: z.object({ rev: z.number().int(), snapshot: z.record(z.string(), z.unknown()) }),
  }),
  'topic.unsubscribe': command({
    about: 'Stop following a topic.',
    role: 'viewer',
    only: 'socket',
    reach: 'feed',
    input: z.object({ topic: topicName }),
    output: z.object({}),
  }),
  'topic.read': command({
    about: "A topic's state now, once.",
    role: 'viewer',
    reach: 'feed',
    input: z.object({ topic: topicName }),
    output: z.object({ rev: z.number().int(), snapshot: z.record(z.string(), z.unknown()) }),
  }),
  'stream.open': command({
    about: 'Receive a binary stream as `stream` events, at most `window` of them unacknowledged.',
    role: 'viewer',
    only: 'socket',
    reach: 'feed',
    input: z.object({ stream: streamName, window: z.number().int().min(1).max(64).default(4) }),
    output: z.object({}),
  }),
  'stream.close': command({
    about: 'Stop receiving a stream.',
    role: 'viewer',
    only: 'socket',
    reach: 'feed',
    input: z.object({ stream: streamName }),
    output: z.object({}),
  }),
}
