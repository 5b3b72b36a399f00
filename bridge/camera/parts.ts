import type { BridgeParts, PartName, PartProtocols } from './bridge-parts.ts'
import { JpegPart } from './jpeg/part.ts'
import type { Part, PartContext } from './part.ts'

export type Parts = { [N in PartName]: Part<PartProtocols[N]['to']> }

/** Every part of a camera's process: what it does beside sending video. Their other halves are in bridge-parts.ts. */
export function openParts(
  contextOf: <N extends PartName>(name: N) => PartContext<PartProtocols[N]['from']>,
): Parts {
  return { jpeg: new JpegPart(contextOf('jpeg')) } satisfies Record<keyof BridgeParts, unknown>
}
