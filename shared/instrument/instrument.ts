import { z } from 'zod'
import { command } from '../wire/command.ts'
import { ctp10State } from './ctp10.ts'
import { declaredState } from './declared.ts'
import { deviceBase, deviceId } from '../wire/device.ts'
import { traceInfo } from '../traces/trace.ts'

/** What a sweep is asked for, in the units people say: nm, pm, nm/s. */
export const sweepSettings = z.object({
  startNm: z.number().min(1240).max(1680),
  stopNm: z.number().min(1240).max(1680),
  samplingPm: z.number().min(0.02).max(250),
  speedNmPerS: z.number().min(1).max(200),
})
export type SweepSettings = z.infer<typeof sweepSettings>

/** Where the sweep is. `progress` is 0 to 1, estimated from span and speed: the CTP10 reports none. */
export const sweepState = z.object({
  phase: z.enum(['idle', 'running', 'aborting', 'done', 'aborted', 'failed']),
  progress: z.number().optional(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  message: z.string().optional(),
})
export type SweepState = z.infer<typeof sweepState>

/** An instrument's topic: `instrument/<id>`. */
export const instrumentState = deviceBase.extend({
  resource: z.string().describe('the VISA resource name').optional(),
  identity: z
    .object({ maker: z.string(), model: z.string(), serial: z.string(), firmware: z.string() })
    .optional(),
  condition: z
    .object({
      register: z.number().int(),
      active: z.array(z.string()).describe('names of the bits that are set'),
    })
    .optional(),
  power: z
    .object({
      module: z.number().int(),
      channels: z.array(z.string()).describe('names, in the order of the stream'),
      unit: z.enum(['dBm', 'mW']),
      ratePerS: z.number(),
      /** Why the stream stands still just now, e.g. a trace download; absent while it flows. */
      heldBy: z.string().optional(),
      skipped: z.number().describe('polls left out because the line was busy'),
    })
    .optional(),
  sweep: sweepState.optional(),
  sweepSettings: sweepSettings.optional(),
  /** A trace on its way from the instrument: bytes so far and in all. */
  download: z.object({ bytes: z.number(), of: z.number() }).optional(),
  /** Of an instrument that bench.yaml declares (`instrument.scpi`). */
  declared: declaredState.optional(),
  /** Of an EXFO CTP10. */
  ctp10: ctp10State.optional(),
  /** The newest of the instrument's own error queue, newest last, ten at most. */
  errors: z.array(z.object({ at: z.number(), code: z.number(), message: z.string() })).optional(),
})
export type InstrumentState = z.infer<typeof instrumentState>

export const instrumentCommands = {
  'sweep.start': command({
    about:
      'Set the sweep and start it; answers the settings that the instrument took. Its lasers emit, and it is aborted when nobody answers for it.',
    role: 'operator',
    lease: true,
    emits: true,
    input: sweepSettings.extend({ device: deviceId }),
    output: sweepSettings,
  }),
  'sweep.abort': command({
    about: 'End the sweep now. Goes ahead of everything else on the line.',
    role: 'operator',
    safe: true,
    input: z.object({ device: deviceId }),
    output: z.object({}),
  }),
  'trace.read': command({
    about: 'Fetch a trace from the instrument and keep it; answers where it is.',
    role: 'operator',
    audited: true,
    input: z.object({
      device: deviceId,
      channel: z.number().int().min(1).max(6),
      type: z
        .number()
        .int()
        .min(1)
        .max(23)
        .default(1)
        .describe('1 transfer function, 11 raw live, 12 raw reference, 13 quick reference'),
    }),
    output: traceInfo,
  }),
}
