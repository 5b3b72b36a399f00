import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { safePlan } from '../core/safe-plan.ts'

/** How often bridge and guardian say to each other that they are there. */
export const BEAT_MS = 100
/** A bridge that is told to stop has to have every safe command on its wire by then. */
export const STOP_WITHIN_MS = 100
/** What the bridge exits with when the guardian refuses to let it start: whoever restarts it is not to. */
export const STAYS_DOWN = 75
/** The longest line: a plan of many messages is a few kB. */
const LONGEST_LINE = 256 * 1024
/** A Unix socket's address holds 107 bytes on Linux (unix(7)). */
const LONGEST_PATH = 100

/** Where the guardian of this data folder listens. */
export function socketPath(dataDir: string): string {
  const path = join(resolve(dataDir), 'guardian.sock')
  if (Buffer.byteLength(path) <= LONGEST_PATH) return path
  const short = createHash('sha256').update(path).digest('hex').slice(0, 16)
  return join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), `lightbench-${short}.sock`)
}

/** The guardian's own HTTP port as the bridge describes it, so that it needs no configuration of its own. */
export const guardianWeb = z.strictObject({
  host: z.string().describe('the address to listen on'),
  port: z.number().int().describe('0 takes a free one'),
  path: z.string().optional().describe('where a proxy offers the port on the page’s own origin'),
  tls: z
    .strictObject({ certificate: z.string(), key: z.string() })
    .optional()
    .describe('PEM files, by absolute path'),
  origins: z.array(z.string()).describe('pages of other origins that may press the stop'),
  trustedProxies: z
    .array(z.string())
    .optional()
    .describe('addresses or networks of proxies; in clear, nothing is taken from others but from loopback'),
})
export type GuardianWeb = z.output<typeof guardianWeb>

export const lastResort = z
  .strictObject({
    file: z.string().describe('the file to write: a relay’s device, a GPIO line’s value in /sys'),
    text: z.string().max(256).describe('what is written to it'),
  })
  .describe('written when a device could not be confirmed safe within 3 s')
export type LastResort = z.output<typeof lastResort>

const device = z.string().max(64)

/** What the bridge says. */
export const fromBridge = z.discriminatedUnion('say', [
  z.strictObject({
    say: z.literal('hello'),
    pid: z.number().int(),
    running: z
      .boolean()
      .describe('it was welcomed before, by a guardian that has ended since: it waits for nothing'),
    title: z.string().describe('the bench’s'),
    devices: z.array(device).describe('all that are on the bench: plans of others are forgotten'),
    web: guardianWeb,
    lastResort: lastResort.optional(),
  }),
  z.strictObject({ say: z.literal('beat') }),
  z.strictObject({ say: z.literal('protect'), device, plan: safePlan }),
  z.strictObject({ say: z.literal('may'), device, emit: z.boolean(), move: z.boolean() }),
  z.strictObject({
    say: z.literal('holder'),
    beats: z.boolean().describe('false: it has ended, and is dealt with'),
  }),
  z.strictObject({
    say: z.literal('stopped'),
    stop: z.number().int().describe('every safe command is on its wire'),
  }),
  z.strictObject({
    say: z.literal('revoke'),
    session: z.string().describe('no ticket of it is good any more'),
  }),
  z.strictObject({
    say: z.literal('crash'),
    why: z.string().describe('it ends by its own fault, after having pressed the stop'),
  }),
  z.strictObject({ say: z.literal('goodbye') }),
])
export type FromBridge = z.output<typeof fromBridge>

/** What came of making one device safe. */
export const outcome = z.strictObject({
  state: z
    .enum(['proven', 'sent', 'failed', 'trying'])
    .describe('sent: it cannot prove it, or has not; failed: nothing could be sent'),
  reason: z.string().optional(),
  ms: z
    .number()
    .describe(
      'from the decision until the safe commands were on the wire; of a failure, how long it was tried',
    ),
})
export type Outcome = z.output<typeof outcome>

/** What the guardian did while there was no bridge, or one that did not answer. */
export const deed = z.strictObject({
  at: z.number().describe('ms since the epoch'),
  why: z.string(),
  devices: z.record(z.string(), outcome),
})
export type GuardianDeed = z.output<typeof deed>

/** What the guardian says. */
export const fromGuardian = z.discriminatedUnion('say', [
  z.strictObject({ say: z.literal('wait'), ms: z.number(), why: z.string() }),
  z.strictObject({ say: z.literal('refuse'), why: z.string() }),
  z.strictObject({
    say: z.literal('welcome'),
    startedAt: z.number(),
    key: z.string().describe('what stop tickets are signed with, base64'),
    port: z.number().int(),
    deed: deed.optional(),
    kept: z
      .array(device)
      .describe('devices that it is still making safe: not to be opened before `released`'),
  }),
  z.strictObject({ say: z.literal('beat') }),
  z.strictObject({ say: z.literal('stop'), stop: z.number().int(), by: z.string(), why: z.string() }),
  z.strictObject({ say: z.literal('acted'), deed }),
  z.strictObject({ say: z.literal('released'), device, outcome }),
])
export type FromGuardian = z.output<typeof fromGuardian>

/** One message as a line of JSON. */
export const line = (message: FromBridge | FromGuardian): string => `${JSON.stringify(message)}\n`

/** Cuts what arrives into messages; calls `broken` with the reason for what is none. */
export function messages<T>(
  schema: z.ZodType<T>,
  heard: (message: T) => void,
  broken: (why: string) => void,
): (chunk: string) => void {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) {
      rest = ''
      broken(`a message longer than ${LONGEST_LINE} characters`)
    }
    for (const text of lines) {
      const parsed = schema.safeParse(parse(text))
      if (parsed.success) heard(parsed.data)
      else broken(z.prettifyError(parsed.error))
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
