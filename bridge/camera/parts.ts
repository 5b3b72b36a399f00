import type { BridgeParts, PartName, PartProtocols } from './bridge-parts.ts'
import { ControlsPart } from './controls/part.ts'
import { FramesPart } from './frames/part.ts'
import { HalfPart } from './half/part.ts'
import { JpegPart } from './jpeg/part.ts'
import type { Part, PartContext } from './part.ts'
import { RecordPart } from './record/part.ts'
import { StillPart } from './still/part.ts'
import { TimingPart } from './timing/part.ts'
import { VisionPart } from './vision/part.ts'

export type Parts = { [N in PartName]: Part<PartProtocols[N]['to']> }

/** Every part of a camera's process: what it does beside sending video. Their other halves are in bridge-parts.ts. */
export function openParts(
  contextOf: <N extends PartName>(name: N) => PartContext<PartProtocols[N]['from']>,
): Parts {
  return {
    half: new HalfPart(contextOf('half')),
    jpeg: new JpegPart(contextOf('jpeg')),
    timing: new TimingPart(contextOf('timing')),
    frames: new FramesPart(contextOf('frames')),
    controls: new ControlsPart(contextOf('controls')),
    still: new StillPart(contextOf('still')),
    record: new RecordPart(contextOf('record')),
    vision: new VisionPart(contextOf('vision')),
  } satisfies Record<keyof BridgeParts, unknown>
}
