import { basePath } from '../wire/base-path.ts'
import { z } from 'zod'
import { command } from '../wire/command.ts'
import { entryName } from '../instrument/declared.ts'
import { deviceId } from '../wire/device.ts'
import { isInside, overlaps } from './grid.ts'
import { plain } from '../wire/secret.ts'
import { traceId } from '../traces/trace.ts'

/** The view that shows whatever is on the bench, for as long as nobody has saved one under its name. */
export const VIEW_OF_ALL = 'all'
export const MOST_VIEWS = 50
export const MOST_PAGES = 12
export const MOST_TILES = 24

/** A view's name, which is its address as well: `/kiosk/<name>`. */
export const viewName = plain(
  z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,39}$/,
      'a view is named by a-z, 0-9 and -, begins with a letter or digit, 40 at most',
    ),
)

const title = plain(z.string().trim().max(80))
const whole = z.number().int().min(0).max(99)
const dwellS = z.number().int().min(3).max(3600)
const hour = plain(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day is HH:MM'))

/** Where a tile lies, in cells of the grid, counted from the top left. */
const box = z.object({ x: whole, y: whole, w: whole.min(1), h: whole.min(1) })

/** What a tile shows. */
export const tileContent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('camera'), device: deviceId }),
  z.object({ kind: z.literal('instrument'), device: deviceId }).describe('its live powers, or its readings'),
  z.object({ kind: z.literal('reading'), device: deviceId, reading: entryName }),
  z
    .object({ kind: z.literal('trace'), device: deviceId, trace: traceId.optional() })
    .describe("the device's newest trace, or the one that is named"),
  z.object({ kind: z.literal('turret'), device: deviceId }),
  z.object({ kind: z.literal('clock') }),
  z.object({ kind: z.literal('text'), text: plain(z.string().max(500)) }),
])
export type TileContent = z.infer<typeof tileContent>
export type TileKind = TileContent['kind']

export const tile = z.object({ box, content: tileContent })
export type Tile = z.infer<typeof tile>

export const viewPage = z.object({
  tiles: z
    .array(tile)
    .max(MOST_TILES)
    .superRefine((tiles, context) => {
      tiles.forEach(({ box: here }, i) => {
        if (!isInside(here)) {
          context.addIssue({ code: 'custom', path: [i, 'box'], message: 'the tile reaches beyond the grid' })
        }
        const other = tiles.findIndex(({ box: there }, k) => k < i && overlaps(here, there))
        if (other >= 0) {
          context.addIssue({ code: 'custom', path: [i, 'box'], message: `the tile lies on tile ${other}` })
        }
      })
    }),
  dwellS: dwellS.optional().describe('seconds it stays; as the view says when left out'),
})
export type ViewPage = z.infer<typeof viewPage>

const night = z.object({
  from: hour,
  to: hour,
  brightness: z.number().min(0.05).max(1).describe('how bright the display is then; 1 is as by day'),
})
export type Night = z.infer<typeof night>

/** What people arrange: tiles on pages, and how a display shows them. */
export const viewBody = z.object({
  title,
  pages: z.array(viewPage).min(1).max(MOST_PAGES),
  dwellS: dwellS.default(20).describe('seconds each page stays'),
  night: night.optional().describe("by the display's own clock"),
  stop: z.boolean().default(false).describe('whether a display of it has the emergency stop'),
  qr: z
    .enum(['none', 'link', 'token'])
    .default('link')
    .describe(
      'what a display shows to phones: nothing, the address, or the address with its own token where that is a viewer’s',
    ),
})
export type ViewBody = z.infer<typeof viewBody>

/** A view as it is kept. `revision` rises with each saving; 0 is the view of all, made by the bridge. */
export const view = viewBody.extend({
  name: viewName,
  revision: z.number().int(),
  savedAt: z.number().optional(),
  savedBy: z.string().optional(),
})
export type View = z.infer<typeof view>

/** The topic `views`: every view by name. */
export const viewsState = z.object({ views: z.record(viewName, view) })
export type ViewsState = z.infer<typeof viewsState>

export const viewCommands = {
  'view.list': command({
    about: 'Every view there is, by name; the topic `views` has the same, live.',
    role: 'viewer',
    input: z.object({}),
    output: z.array(view),
  }),
  'view.save': command({
    about: 'Keep a view under a name, for every page and display that shows it.',
    role: 'operator',
    audited: true,
    input: viewBody.extend({
      name: viewName,
      basedOn: z
        .number()
        .int()
        .min(0)
        .optional()
        .describe(
          'refused when the view has another revision by now; left out, it is replaced whatever it is',
        ),
    }),
    output: view,
  }),
  'view.delete': command({
    about: 'Delete a view. The view of all comes back as the bridge makes it.',
    role: 'operator',
    audited: true,
    input: z.object({ name: viewName }),
    output: z.object({}),
  }),
}

/** Where a display shows a view. */
export function kioskPath(name: string): string {
  return `${basePath}/kiosk/${name}`
}
