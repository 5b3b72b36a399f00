import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'

/** What a frame goes through in its camera's process, and then on its way to a viewer. */
export const CAMERA_STAGES = ['capture', 'slot', 'convert', 'encode', 'send'] as const
export const VIEWER_STAGES = ['network', 'jitterBuffer', 'decode', 'draw'] as const
export type CameraStage = (typeof CAMERA_STAGES)[number]
export type ViewerStage = (typeof VIEWER_STAGES)[number]
export type Stage = CameraStage | ViewerStage

/** How often a viewer reports, and for how long a report counts. */
export const REPORT_EVERY_MS = 5000
export const DIAGNOSTICS_SPAN_MS = 60_000

const ms = z.number().min(0).max(600_000)
const total = z
  .number()
  .int()
  .min(0)
  .max(2 ** 48)

/** How long a stage took in the last minute. */
export const stageSummary = z.object({
  count: z.number().int().describe('frames; of the stages at the viewers, reports of 5 s'),
  medianMs: z.number(),
  p95Ms: z.number(),
})
export type StageSummary = z.infer<typeof stageSummary>

/** What a viewer says of its own side: means over the last 5 s, and counts since it joined. What it cannot know it leaves out. */
export const viewerReport = z.object({
  viewer: z.string().min(1).max(64),
  networkMs: ms
    .optional()
    .describe('one way, from the sending to the receiver: half the round trip of the ICE path'),
  jitterBufferMs: ms.optional(),
  decodeMs: ms.optional(),
  drawMs: ms.optional().describe('from decoded to shown'),
  latencyMs: ms.optional().describe('from made to shown, where it can be measured'),
  fps: z.number().min(0).max(1000).optional(),
  framesDropped: total.optional(),
  packetsLost: total.optional(),
  lossPercent: z.number().min(0).max(100).optional().describe('of the packets of the last second'),
  freezes: total.optional(),
  path: z.string().max(80).optional().describe('how the packets come, as the browser sees it: udp, host'),
  way: z.enum(['webrtc', 'jpeg']).optional(),
})
export type ViewerReport = z.infer<typeof viewerReport>

/** Why frames and packets were lost. */
export const dropReason = z
  .enum(['replaced', 'lost', 'unshown', 'frozen'])
  .describe(
    'a newer frame came before the encoder was free; packets lost on the way; frames that a browser did not show; times that a picture stood still',
  )
export type DropReason = z.infer<typeof dropReason>

const drop = z.object({ stage: z.string(), reason: dropReason, count: z.number().int() })
export type Drop = z.infer<typeof drop>

const stages = z.object({
  capture: stageSummary.optional(),
  slot: stageSummary.optional(),
  convert: stageSummary.optional(),
  encode: stageSummary.optional(),
  send: stageSummary.optional(),
  network: stageSummary.optional(),
  jitterBuffer: stageSummary.optional(),
  decode: stageSummary.optional(),
  draw: stageSummary.optional(),
} satisfies Record<Stage, z.ZodType>)
export type Stages = z.infer<typeof stages>

const cameraDiagnostics = z.object({
  device: deviceId,
  stages,
  latency: stageSummary.optional().describe('from made to shown, as the viewers measure it'),
  cpuPercent: z.number().optional().describe("of one core, the camera's process in the last 5 s"),
  memoryMiB: z.number().optional().describe("of the camera's process"),
  drops: z.array(drop).describe('counted since the process, or the viewer, began'),
  viewers: z.array(
    viewerReport.omit({ viewer: true }).extend({
      address: z.string(),
      since: z.number(),
      icePath: z.string().optional().describe('as the bridge sees it'),
      reportedAt: z.number().optional(),
    }),
  ),
})
export type CameraDiagnostics = z.infer<typeof cameraDiagnostics>

const sessionDiagnostics = z.object({
  device: deviceId,
  exchanges: z.number().int(),
  errors: z.number().int(),
  lineWait: stageSummary.optional().describe('how long an exchange waited for the line'),
  wire: stageSummary.optional().describe('from its sending to the end of its answer'),
})
export type SessionDiagnostics = z.infer<typeof sessionDiagnostics>

/** How the bench fares, as of `at`. Times are ms; what was measured is of the last minute unless it says otherwise. */
export const diagnostics = z.object({
  at: z.number(),
  cameras: z.array(cameraDiagnostics),
  sessions: z.array(sessionDiagnostics),
  workers: z.array(
    z.object({
      pid: z.number().int(),
      cpuPercent: z.number().optional().describe('of one core, in the last 5 s'),
      memoryMiB: z.number(),
    }),
  ),
  bridge: z.object({
    upS: z.number(),
    cpuPercent: z.number().optional().describe('of one core, in the last 5 s'),
    memoryMiB: z.number(),
    heapMiB: z.number(),
    sockets: z.number().int(),
    eventLoop: z
      .object({ medianMs: z.number(), p99Ms: z.number(), mostMs: z.number() })
      .optional()
      .describe('by how much timers are late; p99Ms is that of the worst 5 s of the last minute'),
  }),
  storage: z.object({
    databaseBytes: z.number().optional(),
    diskFreeBytes: z.number().optional(),
    diskBytes: z.number().optional(),
  }),
})
export type Diagnostics = z.infer<typeof diagnostics>

export const diagnosticsCommands = {
  'viewer.report': command({
    about: "How a viewer's picture fares on its side; every 5 s while it watches.",
    role: 'viewer',
    only: 'socket',
    reach: 'self',
    input: viewerReport,
    output: z.object({}),
  }),
  'diagnostics.read': command({
    about:
      'How the bench fares: stage times, drops, load, lines, storage. `GET /api/diagnostics` answers the same.',
    role: 'viewer',
    input: z.object({}),
    output: diagnostics,
  }),
}
