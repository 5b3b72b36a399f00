import { basePath } from '../wire/base-path.ts'
import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { plain } from '../wire/secret.ts'
import { quantityText, traceAxis, unitText } from './trace-axis.ts'

export const traceId = plain(
  z.string().regex(/^[a-z0-9-]{1,80}$/, 'a trace id is a-z, 0-9 and -, 80 at most'),
)
/** One word or a few that several things share. */
export const tag = plain(
  z
    .string()
    .trim()
    .regex(
      /^[\p{L}\p{N}][\p{L}\p{N} ._:-]{0,39}$/u,
      'a tag begins with a letter or digit, 40 characters at most',
    ),
)
const name = plain(z.string().trim().max(120))
const tags = z.array(tag).max(20)

/** More than any trace of the instruments: 440 nm at 0.02 pm. */
export const MOST_POINTS = 22_000_001

/** What is kept beside a trace's samples. */
export const traceInfo = z.object({
  id: traceId,
  device: deviceId.describe('the device it was taken with; `import` for a file that came from outside'),
  channel: z.number().int(),
  type: z.number().int(),
  label: z.string(),
  takenAt: z.number().describe('ms since the epoch'),
  points: z.number().int(),
  axis: traceAxis.describe('sample i lies at start + i * step'),
  unit: z.string().describe('of the samples: dB, dBm, mW, V or another'),
  name: name.optional().describe('as people call it'),
  tags: tags.optional(),
  notes: z.string().max(4000).optional(),
  instrument: z
    .object({ maker: z.string(), model: z.string(), serial: z.string(), firmware: z.string() })
    .optional(),
  settings: z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
    .optional()
    .describe('of the sweep that it came from'),
  state: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("the device's topic when it was kept; in trace.info only"),
})
export type TraceInfo = z.infer<typeof traceInfo>

/** The newest that are older than this one come after it in the list. */
const cursor = z.object({ takenAt: z.number(), id: traceId })
export type TraceCursor = z.infer<typeof cursor>

export const tracePeak = z.object({
  kind: z.enum(['peak', 'dip']),
  position: z.number().describe("in the axis' unit, by a parabola through the samples around it"),
  value: z.number().describe("there, in the trace's unit; of one in mW, in dBm; of one in W, in dBW"),
  baseline: z.number().describe("the trace's level around it"),
  depth: z.number().describe('how far it stands out of its baseline, dB where the trace is a level'),
  width: z
    .number()
    .optional()
    .describe(
      "in the axis' unit, between the points 3 dB below a peak's top, or 3 dB below a dip's baseline; of levels only",
    ),
  q: z.number().optional().describe('position / width, along a wavelength or a frequency'),
  spacing: z.number().optional().describe("in the axis' unit, from the one before it, of the same kind"),
})
export type TracePeak = z.infer<typeof tracePeak>

const along = z.number().nonnegative().default(0)

const peakSearch = z.object({
  kind: z.enum(['peak', 'dip', 'both']).default('dip'),
  prominence: z
    .number()
    .positive()
    .optional()
    .describe(
      "it must stand out on both sides by this, in dB or the trace's unit; 3 dB when left out, of what is no level a tenth of its height",
    ),
  distance: along.describe("in the axis' unit: of two that are closer, the more prominent stays"),
  smooth: along.describe("in the axis' unit: a moving average this wide, for finding them only"),
  from: z.number().optional().describe("in the axis' unit"),
  to: z.number().optional().describe("in the axis' unit"),
  limit: z.number().int().min(1).max(2000).default(200).describe('the most prominent so many'),
})
export type PeakSearch = z.output<typeof peakSearch>

export const traceCommands = {
  'trace.list': command({
    about: 'The kept traces that fit, newest first, without the state of their device.',
    role: 'viewer',
    input: z.object({
      device: deviceId.optional(),
      search: z
        .string()
        .max(200)
        .optional()
        .describe(
          'each of its words stands in the name, label, notes, tags, device, instrument, settings or date',
        ),
      tags: tags.optional().describe('it has all of these'),
      limit: z.number().int().min(1).max(1000).default(100),
      before: cursor.optional().describe('goes on after the last one of an earlier answer'),
    }),
    output: z.array(traceInfo),
  }),
  'trace.tags': command({
    about: 'The tags in use, the most used first.',
    role: 'viewer',
    input: z.object({}),
    output: z.array(z.object({ tag: z.string(), count: z.number().int() })),
  }),
  'trace.info': command({
    about: 'All that is known of a trace, the state of its device included.',
    role: 'viewer',
    input: z.object({ id: traceId }),
    output: traceInfo,
  }),
  'trace.update': command({
    about: 'Give a trace a name, tags and notes; what is left out stays.',
    role: 'operator',
    audited: true,
    input: z.object({
      id: traceId,
      name: name.optional(),
      tags: tags.optional(),
      notes: plain(z.string().max(4000)).optional(),
    }),
    output: traceInfo,
  }),
  'trace.remove': command({
    about: 'Delete a trace and its samples for good.',
    role: 'operator',
    audited: true,
    input: z.object({ id: traceId }),
    output: z.object({}),
  }),
  'trace.peaks': command({
    about: 'Find the peaks and dips of a trace: where, how deep, how wide, how far apart.',
    role: 'viewer',
    input: peakSearch.extend({ id: traceId }),
    output: z.object({
      found: z.number().int().describe('all that were found; `peaks` holds the most prominent of them'),
      peaks: z.array(tracePeak).describe('by position'),
    }),
  }),
}

/** As what a trace can be fetched, by the ending of its path. */
export const TRACE_FORMATS = ['npy', 'csv', 'json', 'parquet', 'h5'] as const
export type TraceFormat = (typeof TRACE_FORMATS)[number]

/** Where traces are sent to: NPY or CSV as the body, and what it does not say itself as the query. */
export const TRACES_PATH = `${basePath}/api/traces`
/** The largest file that is taken. */
export const MOST_UPLOAD_BYTES = 256 * 2 ** 20

/** What comes with a file that is imported. */
export const traceUpload = z.object({
  name: name.optional(),
  tags: plain(z.string().max(900))
    .transform((text) => text.split(',').filter((part) => part.trim() !== ''))
    .pipe(tags)
    .optional()
    .describe('set apart by commas'),
  unit: unitText.min(1).optional().describe('of the values; as the file says when left out, else dB'),
  axisUnit: unitText
    .min(1)
    .optional()
    .describe(
      'of the axis, without a prefix; as the file says when left out, else m. m makes wavelengths of Hz',
    ),
  axisQuantity: quantityText
    .optional()
    .describe('wavelength, time… when left out what the unit is usually of'),
  start: z.coerce.number().optional().describe("for a file of values alone, in the axis' unit"),
  step: z.coerce.number().positive().optional().describe("for a file of values alone, in the axis' unit"),
})
export type TraceUpload = z.output<typeof traceUpload>

/** Which part of a trace a plot shows, and in how many columns. */
export const traceWindow = z.object({
  from: z.coerce.number().optional().describe("in the axis' unit; the beginning when left out"),
  to: z.coerce.number().optional().describe("in the axis' unit; the end when left out"),
  width: z.coerce.number().int().min(1).max(4096).default(1000),
})
export type TraceWindow = z.output<typeof traceWindow>

/** Header fields of a window: where its first column begins and how wide one is, in the axis' unit, which is the third. */
export const WINDOW_START = 'Trace-Axis-Start'
export const WINDOW_STEP = 'Trace-Axis-Step'
export const WINDOW_UNIT = 'Trace-Axis-Unit'

/** Where a trace is fetched in a format. */
export function traceFilePath(id: string, format: TraceFormat): string {
  return `${TRACES_PATH}/${id}.${format}`
}

/** Where a trace's samples are fetched: NPY, one axis, float32 big-endian as the instrument sent them. */
export function traceSamplesPath(id: string): string {
  return traceFilePath(id, 'npy')
}

/** Where the least and the most of each column of a plot are fetched. */
export function traceWindowPath(id: string, window: Partial<TraceWindow>): string {
  const query = new URLSearchParams(Object.entries(window).map(([key, value]) => [key, String(value)]))
  return `${TRACES_PATH}/${id}/window?${query.toString()}`
}
