import type { BridgeParts, PartName, PartProtocols } from '../device/bridge-parts.ts'
import { ControlsPart } from '../features/controls/part.ts'
import { FramesPart } from '../features/frames/part.ts'
import { HalfPart } from '../features/half/part.ts'
import { JpegPart } from '../features/jpeg/part.ts'
import type { Part, PartContext } from '../frame/part.ts'
import { RecordPart } from '../features/record/part.ts'
import { StillPart } from '../features/still/part.ts'
import { TimingPart } from '../features/timing/part.ts'
import { VisionPart } from '../features/vision/part.ts'

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
