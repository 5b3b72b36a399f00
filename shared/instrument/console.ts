import { basePath } from '../wire/base-path.ts'
import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { failure } from '../wire/errors.ts'
import { plain } from '../wire/secret.ts'

/** So many messages at once, one a line. */
export const CONSOLE_MESSAGES = 100

/** One message of the console and what came of it. */
export const consoleExchange = z.object({
  sent: z.string(),
  kind: z.enum(['none', 'text', 'binary', 'failed']).describe('none: the message has no answer'),
  text: z.string().describe('a text answer, its end cut off beyond 64 KiB').optional(),
  hex: z.string().describe('the first bytes of a binary answer, two digits each').optional(),
  bytes: z.number().int().describe('of the answer, its end mark included'),
  download: z.string().describe('where the whole answer is fetched, for some minutes').optional(),
  ms: z.number().describe('from its sending to the end of its answer'),
  error: failure.optional(),
  /** What the instrument's own error queue held afterwards. */
  errors: z.array(z.object({ code: z.number(), message: z.string() })),
})
export type ConsoleExchange = z.infer<typeof consoleExchange>

export const consoleCommands = {
  'console.send': command({
    about:
      'Send messages to an instrument, one a line, in order. Queries are for any operator; whatever may act needs the lease, closed interlocks and no emergency stop.',
    role: 'operator',
    audited: true,
    input: z.object({
      device: deviceId,
      text: plain(z.string().min(1).max(65_536)),
      deadlineMs: z.number().min(100).max(60_000).default(3000).describe('how long each answer may take'),
    }),
    output: z.object({
      exchanges: z.array(consoleExchange).describe('up to the first that failed on the wire'),
    }),
  }),
  'console.describe': command({
    about: 'What the console of an instrument can complete: the headers that its driver knows.',
    role: 'viewer',
    input: z.object({ device: deviceId }),
    output: z.object({ headers: z.array(z.string()), errorQueue: z.boolean() }),
  }),
}

/** Where the whole of an answer is fetched. */
export function consoleAnswerPath(device: string, id: string): string {
  return `${basePath}/api/devices/${device}/answers/${id}`
}
