import { z } from 'zod'
import { traceInfo, type TraceInfo } from '../../shared/traces/trace.ts'
import { quantityOf } from '../../shared/traces/trace-axis.ts'

/** A file that says startM and stepM has a unit only if it stands among the settings; it is metres otherwise. */
const plain = z.looseObject({
  startM: z.number(),
  stepM: z.number(),
  settings: z.looseObject({ axisUnit: z.string().default('m') }).prefault({}),
})

const kept = z.preprocess((file) => {
  const found = plain.safeParse(file)
  if (!found.success) return file
  const { startM, stepM, settings, ...rest } = found.data
  const { axisUnit: unit, ...others } = settings
  return {
    ...rest,
    axis: { quantity: quantityOf(unit), unit, start: startM, step: stepM },
    ...(Object.keys(others).length > 0 && { settings: others }),
  }
}, traceInfo)

/** What a trace's JSON file says of it. Throws when it is no trace. */
export function parseInfo(text: string): TraceInfo {
  return kept.parse(JSON.parse(text))
}
