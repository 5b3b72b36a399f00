import { z } from 'zod'
import { region } from '../camera/camera-features.ts'
import { entryName } from '../instrument/declared.ts'
import { deviceId } from '../wire/device.ts'
import { plain, secret } from '../wire/secret.ts'
import { traceId } from '../traces/trace.ts'
import { webAddress } from './web-address.ts'

const seconds = z.number().positive().max(86_400)
const words = plain(z.string().min(1).max(500))

/** When a number is as it should not be: the watch fails while it is so. */
const numberAlarms = [
  z.object({
    is: z.literal('above'),
    limit: z.number(),
    clearAt: z
      .number()
      .optional()
      .describe('it has recovered once it is down to this; the limit when left out'),
  }),
  z.object({
    is: z.literal('below'),
    limit: z.number(),
    clearAt: z
      .number()
      .optional()
      .describe('it has recovered once it is up to this; the limit when left out'),
  }),
  z.object({ is: z.literal('outside'), min: z.number(), max: z.number() }),
] as const

/** What a reading is watched for. `changed` is news, to be marked as seen; all others fail while they hold. */
export const readingCondition = z.discriminatedUnion('is', [
  ...numberAlarms,
  z.object({
    is: z.literal('rate'),
    perS: z.number().positive().describe('it fails when the value moves faster than this, either way'),
    overS: seconds.default(10).describe('measured over so long'),
  }),
  z.object({
    is: z.literal('stuck'),
    forS: seconds.describe('it fails when the value has been the same for so long'),
  }),
  z.object({
    is: z.literal('missing'),
    forS: seconds.default(5).describe('it fails when there has been no fresh value for so long'),
  }),
  z.object({
    is: z.literal('changed'),
    by: z
      .number()
      .nonnegative()
      .default(0)
      .describe('of a number: only if by more than this since the last change'),
  }),
])
export type ReadingCondition = z.output<typeof readingCondition>

/** Where a reading comes from. */
export const readingSource = z.discriminatedUnion('from', [
  z.object({
    from: z.literal('topic'),
    path: plain(
      z
        .string()
        .regex(/^[\w-]+(\.[\w-]+)*$/, 'a path is names with dots between them, e.g. limits.pan')
        .max(200),
    ).describe("a member of the device's topic, e.g. temperatureC or rates.captureFps"),
  }),
  z.object({
    from: z.literal('power'),
    channel: z.number().int().min(1).max(64).describe("a column of the device's power stream, from 1"),
  }),
  z.object({
    from: z.literal('declared'),
    name: entryName.describe('a reading or setting of a declared instrument'),
  }),
])
export type ReadingSource = z.infer<typeof readingSource>

export const readingWatch = z.object({
  kind: z.literal('reading'),
  device: deviceId,
  source: readingSource,
  condition: readingCondition,
})
export type ReadingWatch = z.output<typeof readingWatch>

/** What a trace is watched for; both fail while they hold. */
export const traceCondition = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('deviates'),
    reference: traceId.describe('of the trace library; the watch compares where both have samples'),
    above: z.number().nonnegative().describe('so far above the reference it may be, in its unit'),
    below: z.number().nonnegative().describe('so far below'),
    from: z.number().optional().describe("in the axis' unit (m for wavelengths)"),
    to: z.number().optional().describe("in the axis' unit"),
    allow: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('the share of the samples that may lie beyond the mask'),
  }),
  z.object({
    is: z.literal('peakMoved'),
    peak: z.enum(['peak', 'dip']).default('peak'),
    near: z.number().describe("where it belongs, in the axis' unit"),
    by: z
      .number()
      .positive()
      .describe("it fails when it is further away than this, in the axis' unit, or not to be found"),
    within: z.number().positive().describe("how far around it is searched, in the axis' unit"),
    prominence: z.number().positive().optional().describe('it must stand out by this; 3 dB when left out'),
  }),
])
export type TraceCondition = z.output<typeof traceCondition>

/** Where the trace comes from. `read` asks the instrument for it, and keeps it in the library. */
export const traceSource = z.discriminatedUnion('from', [
  z.object({
    from: z.literal('newest'),
    channel: z.number().int().optional().describe('only traces of this channel'),
    label: plain(z.string().max(120)).optional().describe('only traces of this label'),
  }),
  z.object({
    from: z.literal('ctp10'),
    channel: z.number().int().min(1).max(6),
    type: z.number().int().min(1).max(23).default(11).describe('as in trace.read'),
  }),
  z.object({ from: z.literal('declared'), name: entryName }),
])
export type TraceSource = z.output<typeof traceSource>

export const traceWatch = z.object({
  kind: z.literal('trace'),
  device: deviceId,
  source: traceSource.prefault({ from: 'newest' }),
  condition: traceCondition,
})
export type TraceWatch = z.output<typeof traceWatch>

const level = z.number().min(0).max(1)

/** What a picture is watched for. `changed` is news, to be marked as seen; all others fail while they hold. */
export const pictureCondition = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('changed'),
    share: level.default(0.01).describe('of the pixels: so many must differ'),
    by: level.default(0.1).describe('of full scale: a pixel differs when it has changed by more than this'),
  }),
  z.object({ is: z.literal('dark'), below: level.describe('mean of the region, 0 to 1 of full scale') }),
  z.object({ is: z.literal('bright'), above: level.describe('mean of the region, 0 to 1 of full scale') }),
  z.object({
    is: z.literal('blurred'),
    below: z
      .number()
      .positive()
      .describe(
        'sharpness: variance of the Laplacian, in 8-bit grey levels squared; try the watch to see yours',
      ),
  }),
  z.object({
    is: z.literal('spotMoved'),
    x: z
      .number()
      .optional()
      .describe('where the spot belongs, px of the frame; where it is first seen when left out'),
    y: z.number().optional(),
    by: z
      .number()
      .positive()
      .describe('px: it fails when the spot is further away than this, or not to be found'),
  }),
])
export type PictureCondition = z.output<typeof pictureCondition>

const side = z.int().min(1).max(32_768)

export const pictureWatch = z.object({
  kind: z.literal('picture'),
  device: deviceId,
  region: region
    .extend({ width: side, height: side })
    .optional()
    .describe('px of the frame; all of it when left out'),
  condition: pictureCondition,
})
export type PictureWatch = z.output<typeof pictureWatch>

/** How an element of a page is found: CSS, or XPath, which only a real browser understands. */
export const pageSelector = z
  .object({ css: words.optional(), xpath: words.optional() })
  .refine(({ css, xpath }) => (css === undefined) !== (xpath === undefined), 'give either css or xpath')
export type PageSelector = z.infer<typeof pageSelector>

/** One thing that the browser does before it looks. */
export const pageStep = z.discriminatedUnion('do', [
  z.object({ do: z.literal('goto'), url: webAddress }),
  z.object({ do: z.literal('click'), at: pageSelector }),
  z.object({
    do: z.literal('type'),
    at: pageSelector,
    text: secret(
      z
        .string()
        .max(500)
        .describe('what is typed: secret, and never answered again; ${secret:name} types a named secret'),
    ),
  }),
  z.object({
    do: z.literal('wait'),
    for: pageSelector.optional().describe('until it is there'),
    seconds: z.number().min(0).max(60).optional(),
  }),
  z.object({ do: z.literal('select'), at: pageSelector, value: plain(z.string().max(200)) }),
  z
    .object({ do: z.literal('screenshot') })
    .describe('the picture that is kept is taken now; at the end when left out'),
])
export type PageStep = z.infer<typeof pageStep>

/** A header that goes with the request for a page. */
export const pageHeader = z.object({
  name: plain(
    z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'a header is named by letters, digits and -'),
  ).describe('e.g. Authorization'),
  value: secret(
    z
      .string()
      .max(2000)
      .regex(/^[\t\x20-\x7e]*$/, 'a header is one line of ASCII')
      .describe('what it says: secret, and never answered again; ${secret:name} sends a named secret'),
  ),
})
export type PageHeader = z.infer<typeof pageHeader>

/** What is done to the text before it is compared, line by line. */
export const textFilters = z.object({
  only: z.array(words).max(20).default([]).describe('lines that hold one of these; all when there are none'),
  drop: z.array(words).max(20).default([]).describe('lines that hold one of these are left out'),
  ignoreNumbers: z.boolean().default(false).describe('digits are taken as equal'),
  sort: z.boolean().default(false).describe('the order of lines does not matter'),
})
export type TextFilters = z.output<typeof textFilters>

/** What a page is watched for. `changed` is news, to be marked as seen; all others fail while they hold. */
export const pageCondition = z.discriminatedUnion('is', [
  z.object({ is: z.literal('changed') }),
  z.object({ is: z.literal('contains'), text: words.describe('it fails while this is there') }),
  z.object({ is: z.literal('lacks'), text: words.describe('it fails while this is not there') }),
  ...numberAlarms,
])
export type PageCondition = z.output<typeof pageCondition>

export const pageWatch = z
  .object({
    kind: z.literal('page'),
    url: webAddress,
    with: z.enum(['fetch', 'browser']).default('fetch'),
    headers: z
      .array(pageHeader)
      .max(20)
      .default([])
      .describe('of a fetch; they go to the host of the address, and to none that it redirects to'),
    steps: z.array(pageStep).max(30).default([]).describe('of a browser, once the address is open'),
    select: pageSelector.optional().describe('the part that is looked at; the whole page when left out'),
    json: plain(z.string().max(300).regex(/^\$/, 'a JSON path begins with $, e.g. $.readings[0].value'))
      .optional()
      .describe(
        'the part of a JSON answer that is looked at (RFC 9535), e.g. $.sensors[?@.name == "lab"].value',
      ),
    filters: textFilters.prefault({}),
    condition: pageCondition.prefault({ is: 'changed' }),
  })
  .superRefine((page, context) => {
    if (page.with === 'browser') {
      if (page.headers.length > 0)
        context.addIssue({
          code: 'custom',
          path: ['headers'],
          message: 'headers are for pages that are fetched: a browser would send them to every host',
        })
      return
    }
    if (page.steps.length > 0)
      context.addIssue({
        code: 'custom',
        path: ['steps'],
        message: 'steps need a browser: set with: browser',
      })
    if (page.select?.xpath !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['select', 'xpath'],
        message: 'XPath needs a browser: set with: browser, or use css',
      })
  })
export type PageWatch = z.output<typeof pageWatch>

/** What is watched, and for what. */
export const watchWhat = z.discriminatedUnion('kind', [readingWatch, traceWatch, pictureWatch, pageWatch])
export type WatchWhat = z.output<typeof watchWhat>
export const watchKinds = ['reading', 'trace', 'picture', 'page'] as const
export type WatchKind = (typeof watchKinds)[number]
