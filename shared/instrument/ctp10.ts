import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { traceInfo } from '../traces/trace.ts'

const moduleNumber = z.number().int().min(1).max(20)
const channelNumber = z.number().int().min(1).max(6)
const tlsNumber = z.number().int().min(1).max(4)
const laserNumber = z.number().int().min(1).max(10)
const traceType = z.number().int().min(1).max(23)
const nanometres = z.number().min(1240).max(1680)
const triggerInput = z.number().int().min(0).max(8)

const powerUnit = z.enum(['dBm', 'mW'])
export type PowerUnit = z.infer<typeof powerUnit>
const spectralUnit = z.enum(['nm', 'THz'])
const sweepMode = z.enum(['single', 'continuous'])

const stabilisation = z.object({
  keepOn: z.boolean().describe('whether the lasers stay on after the sweep'),
  seconds: z.number().min(0).max(60).describe('how long they settle before it'),
})

/** The valid reference of a detector. */
const referenceResult = z.object({
  kind: z.enum(['TF', 'TF/PDL']).describe('one sweep, or four'),
  date: z.string().describe("YYYYMMDD by the instrument's clock"),
  time: z.string().describe("HHMMSS by the instrument's clock"),
})
export type ReferenceResult = z.infer<typeof referenceResult>

const detectorState = z.object({
  name: z.string(),
  powerUnit: powerUnit.describe("the instrument's own; the stream of powers is in dBm whatever it is"),
  spectralUnit,
  wavelengthNm: z.number(),
  trigger: triggerInput.describe('0 software, 1 to 8 a trigger input'),
  reference: referenceResult.optional(),
})
export type DetectorState = z.infer<typeof detectorState>

const moduleState = z.object({
  stream: z.string().describe('where its powers come, in dBm, one column a detector'),
  ratePerS: z.number(),
  skipped: z.number().describe('polls left out because the line was busy'),
  heldBy: z.string().describe('why its powers stand still just now').optional(),
  detectors: z.record(z.string(), detectorState).describe('by channel'),
})
export type ModuleState = z.infer<typeof moduleState>

const tlsState = z.object({
  identifier: z.number().int().min(0).max(10).describe('the reference laser that it is; 0 takes no part'),
  startNm: z.number(),
  stopNm: z.number(),
  speedNmPerS: z.number(),
  powerDbm: z.number(),
  trigger: triggerInput.describe('0 none, 1 to 8 a trigger input'),
})
export type TlsState = z.infer<typeof tlsState>

const laserState = z.object({
  maker: z.string(),
  model: z.string(),
  serial: z.string(),
  firmware: z.string(),
  on: z.boolean(),
  powerDbm: z.number(),
  wavelengthNm: z.number(),
  speeds: z.array(z.number()).describe('nm/s at which this model sweeps, where that is known'),
})
export type LaserState = z.infer<typeof laserState>

const referencing = z.object({
  module: moduleNumber,
  channel: channelNumber,
  quick: z.boolean(),
  phase: z.enum(['running', 'aborting', 'done', 'aborted', 'failed']),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  message: z.string().optional(),
})
export type Referencing = z.infer<typeof referencing>

/** What only a CTP10's topic has. */
export const ctp10State = z.object({
  modules: z.record(z.string(), moduleState).describe('by slot'),
  tls: z.record(z.string(), tlsState).describe('1 to 4'),
  lasers: z.record(z.string(), laserState).describe('the reference lasers that are connected, 1 to 10'),
  mode: sweepMode,
  stabilisation,
  /** The newest reference that was asked for. */
  referencing: referencing.optional(),
})
export type Ctp10State = z.infer<typeof ctp10State>

/** What can be set of one TLS; what is left out stays. */
const tlsWanted = z.object({
  tls: tlsNumber,
  identifier: z.number().int().min(0).max(10).optional(),
  startNm: nanometres.optional(),
  stopNm: nanometres.optional(),
  speedNmPerS: z.number().min(1).max(200).optional(),
  powerDbm: z.number().min(-10).max(10).optional(),
  trigger: triggerInput.optional(),
})
export type TlsWanted = z.infer<typeof tlsWanted>

const onDetector = { device: deviceId, module: moduleNumber.optional(), channel: channelNumber }
const onTrace = { ...onDetector, type: traceType.default(1) }
const onLaser = { device: deviceId, laser: laserNumber }
const none = z.object({})

const sweepWanted = z.object({
  device: deviceId,
  startNm: nanometres.optional(),
  stopNm: nanometres.optional(),
  samplingPm: z.number().min(0.02).max(250).describe('whole from 1, or 0.5 0.2 0.1 0.05 0.02').optional(),
  mode: sweepMode.optional(),
  stabilisation: stabilisation.optional(),
  tls: z.array(tlsWanted).max(4).default([]),
})
export type SweepWanted = z.output<typeof sweepWanted>

/** What a sweep is set to, as the instrument says. */
const sweepTaken = z.object({
  startNm: z.number(),
  stopNm: z.number(),
  samplingPm: z.number(),
  speedNmPerS: z.number(),
  mode: sweepMode,
  stabilisation,
  tls: z.record(z.string(), tlsState),
})

const detectorWanted = z.object({
  ...onDetector,
  powerUnit: powerUnit.optional(),
  spectralUnit: spectralUnit.optional(),
  wavelengthNm: nanometres.optional(),
  trigger: triggerInput.optional(),
})
export type DetectorWanted = z.output<typeof detectorWanted>

export const ctp10Commands = {
  'ctp.read': command({
    about: 'Ask a CTP10 for all its settings anew: somebody may have changed them at the instrument.',
    role: 'operator',
    input: z.object({ device: deviceId }),
    output: none,
  }),
  'ctp.errors': command({
    about: "Empty a CTP10's error queue; answers what was in it, oldest first.",
    role: 'operator',
    audited: true,
    input: z.object({ device: deviceId }),
    output: z.array(z.object({ code: z.number(), message: z.string() })),
  }),
  'ctp.setDetector': command({
    about: "Set a detector's units, wavelength and trigger; answers what the instrument took.",
    role: 'operator',
    lease: true,
    input: detectorWanted,
    output: detectorState,
  }),
  'ctp.setSweep': command({
    about: 'Set the sweep and its lasers; answers what the instrument took. Starts nothing.',
    role: 'operator',
    lease: true,
    input: sweepWanted,
    output: sweepTaken,
  }),
  'ctp.runSweep': command({
    about: 'Start a sweep as it is set. Its lasers emit, and it is aborted when nobody answers for it.',
    role: 'operator',
    lease: true,
    emits: true,
    input: z.object({ device: deviceId }),
    output: none,
  }),
  'ctp.takeReference': command({
    about:
      'Begin to take the reference of a detector; `referencing` in the topic tells how it goes. Its lasers emit, and it is aborted when nobody answers for it.',
    role: 'operator',
    lease: true,
    emits: true,
    input: z.object({ ...onDetector, quick: z.boolean().default(false) }),
    output: none,
  }),
  'ctp.setLaser': command({
    about: "Set a reference laser's power and wavelength; answers what the instrument took.",
    role: 'operator',
    lease: true,
    input: z.object({
      ...onLaser,
      powerDbm: z.number().min(-30).max(13).optional(),
      wavelengthNm: nanometres.optional(),
    }),
    output: laserState,
  }),
  'ctp.laserOn': command({
    about: 'Switch a reference laser on: it emits until it is switched off or nobody answers for it.',
    role: 'operator',
    lease: true,
    emits: true,
    input: z.object(onLaser),
    output: laserState,
  }),
  'ctp.laserOff': command({
    about: 'Switch a reference laser off, ahead of everything else on the line; answers once it is.',
    role: 'operator',
    holder: true,
    audited: true,
    input: z.object(onLaser),
    output: laserState,
  }),
  'ctp.traceInfo': command({
    about: 'How long a trace of the instrument is and where it lies. No points: there is none.',
    role: 'viewer',
    input: z.object(onTrace),
    output: z.object({ points: z.number().int(), startNm: z.number(), samplingPm: z.number() }),
  }),
  'ctp.readTrace': command({
    about: 'Fetch a trace of any module and keep it; answers where it is.',
    role: 'operator',
    audited: true,
    input: z.object(onTrace),
    output: traceInfo,
  }),
  'ctp.cancelTraces': command({
    about: 'Give up the traces that are on their way from the instrument; whoever asked for them is told.',
    role: 'operator',
    audited: true,
    input: z.object({ device: deviceId }),
    output: none,
  }),
}
