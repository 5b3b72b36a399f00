import type { WatchWhat } from '../../../shared/watches/watch-what.ts'
import { checkPage, type PageTools } from '../kinds/page/check.ts'
import { checkPicture, type PictureTools } from '../kinds/picture/check.ts'
import { checkReading, type Readings } from '../kinds/reading/check.ts'
import { checkTrace, type TraceTools } from '../kinds/trace/check.ts'
import type { CheckContext, Seen } from './seen.ts'

/** What the checks need of the bench. */
export type CheckTools = PageTools & PictureTools & TraceTools & { readings: Readings }

/** Looks once. A reading is looked at before this returns; everything else takes a while. */
export function look(what: WatchWhat, tools: CheckTools, context: CheckContext): Seen | Promise<Seen> {
  switch (what.kind) {
    case 'reading':
      return checkReading(what, tools.readings, context)
    case 'trace':
      return checkTrace(what, tools, context)
    case 'picture':
      return checkPicture(what, tools, context)
    case 'page':
      return checkPage(what, tools, context)
  }
}
