import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { acts } from '../../../shared/wire/command.ts'
import { deviceId } from '../../../shared/wire/device.ts'
import { pause } from '../../core/deadline.ts'
import { condition, whyOpen } from './condition.ts'

const READ_MS = 500
/** A sample older than this says nothing about now. */
const SAMPLE_MS = 1000
const SAMPLE_EVERY_MS = 50

const file = z
  .strictObject({
    path: z.string(),
    closed: z.string().default('1').describe('what the file holds, but for white space, when it is closed'),
    everyMs: z.number().int().min(5).max(10_000).default(50),
  })
  .describe('a file that is read again and again, such as a GPIO line: /sys/class/gpio/gpio17/value')

const reading = z
  .strictObject({
    device: deviceId,
    path: z.string().optional().describe("a member of the device's topic, e.g. limits.pan"),
    channel: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe("instead of `path`: a column of the device's power stream, from 1"),
    ...condition,
  })
  .refine(
    ({ path, channel }) => (path === undefined) !== (channel === undefined),
    'give either path or channel',
  )
  .refine(
    ({ equals, min, max }) => equals !== undefined || min !== undefined || max !== undefined,
    'say when it is closed: equals, min or max',
  )
  .describe("a device's reading; open while the device is not ready or the reading is old")

/** One interlock as bench.yaml tells it: where it comes from, and what else it does. */
export const interlockConfig = z
  .strictObject({
    title: z.string().optional(),
    emergency: z.boolean().default(false).describe('opening it is an emergency stop of the whole bench'),
    forbids: z
      .union([z.enum(acts), z.array(z.enum(acts)).min(1)])
      .default([...acts])
      .transform((forbids) => acts.filter((act) => forbids === act || forbids.includes(act)))
      .describe(
        'what its devices may not do while it is open: emission, motion, or a list of both, as it is when left out',
      ),
    file: file.optional(),
    reading: reading.optional(),
    key: z.literal(true).optional().describe('a software key, open at the start, set by the operator'),
  })
  .refine(
    ({ emergency, forbids }) => !emergency || forbids.length === acts.length,
    'an emergency stop forbids everything: leave forbids out',
  )
  .refine(
    (entry) => [entry.file, entry.reading, entry.key].filter((source) => source !== undefined).length === 1,
    'give exactly one of file, reading and key',
  )
export type InterlockConfig = z.infer<typeof interlockConfig>

/** What an interlock hears: undefined when closed, else why it is open. */
export type Heard = (why: string | undefined) => void

/** What there is to read on the bench. */
export interface Readings {
  /** A device's topic, whether it is ready, and news of it. */
  state(
    device: string,
  ): { value: object; ready: boolean; subscribe: (listener: () => void) => () => void } | undefined
  /** The newest row of a device's power stream, and when it came, by performance.now(). */
  newestPower(device: string): { pushedAt: number; values: readonly number[] } | undefined
}

/** Tells `heard` of the source's state now and after each look, until the signal aborts. */
export function watchSource(
  config: InterlockConfig,
  readings: Readings,
  heard: Heard,
  signal: AbortSignal,
): void {
  if (config.file) void watchFile(config.file, heard, signal)
  else if (config.reading?.path !== undefined) watchState(config.reading, readings, heard, signal)
  else if (config.reading) watchPower(config.reading, readings, heard, signal)
  else heard('the key is open')
}

async function watchFile(
  { path, closed, everyMs }: z.infer<typeof file>,
  heard: Heard,
  signal: AbortSignal,
): Promise<void> {
  do {
    const why = await readFile(path, { encoding: 'utf8', signal: AbortSignal.timeout(READ_MS) }).then(
      (text) => (text.trim() === closed ? undefined : `${path} holds "${text.trim().slice(0, 20)}"`),
      (error: unknown) => `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
    if (!signal.aborted) heard(why)
  } while (await pause(everyMs, signal))
}

function watchState(
  config: z.infer<typeof reading>,
  readings: Readings,
  heard: Heard,
  signal: AbortSignal,
): void {
  const state = readings.state(config.device)
  if (!state) {
    heard(`there is no device "${config.device}"`)
    return
  }
  const look = (): void => {
    const now = readings.state(config.device)
    heard(
      now?.ready ? whyOpen(member(now.value, config.path ?? ''), config) : `${config.device} is not ready`,
    )
  }
  const end = state.subscribe(look)
  signal.addEventListener('abort', end, { once: true })
  look()
}

function watchPower(
  config: z.infer<typeof reading>,
  readings: Readings,
  heard: Heard,
  signal: AbortSignal,
): void {
  const look = (): void => {
    const row = readings.newestPower(config.device)
    if (!row || performance.now() - row.pushedAt > SAMPLE_MS) heard(`${config.device} gives no fresh power`)
    else heard(whyOpen(row.values[(config.channel ?? 1) - 1], config))
  }
  const timer = setInterval(look, SAMPLE_EVERY_MS)
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  look()
}

function member(value: unknown, path: string): unknown {
  let found = value
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}
