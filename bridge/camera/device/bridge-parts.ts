import type { DriverContext } from '../../device/device.ts'
import { ControlsBridgePart, type ControlsProtocol } from '../features/controls/bridge-part.ts'
import { FramesBridgePart, type FramesProtocol } from '../features/frames/bridge-part.ts'
import { HalfBridgePart, type HalfProtocol } from '../features/half/bridge-part.ts'
import { JpegBridgePart, type JpegProtocol } from '../features/jpeg/bridge-part.ts'
import type { BridgePart } from '../frame/part.ts'
import { RecordBridgePart } from '../features/record/bridge-part.ts'
import type { RecordProtocol } from '../features/record/protocol.ts'
import { StillBridgePart, type StillProtocol } from '../features/still/bridge-part.ts'
import { TimingBridgePart, type TimingProtocol } from '../features/timing/bridge-part.ts'
import { VisionBridgePart, type VisionProtocol } from '../features/vision/bridge-part.ts'

/** The parts by name, and what the halves of each say to each other. */
export interface PartProtocols {
  half: HalfProtocol
  jpeg: JpegProtocol
  timing: TimingProtocol
  frames: FramesProtocol
  controls: ControlsProtocol
  still: StillProtocol
  record: RecordProtocol
  vision: VisionProtocol
}

export type PartName = keyof PartProtocols

/** A message between the halves of a part, as it travels. */
export type PartMessage<Way extends 'to' | 'from'> = {
  [N in PartName]: { type: 'part'; part: N; message: PartProtocols[N][Way] }
}[PartName]

/** The bridge's halves of one camera's parts. */
export type BridgeParts = ReturnType<typeof openBridgeParts>

/** Makes the bridge's halves of a camera's parts. */
export function openBridgeParts(context: DriverContext<'camera'>) {
  return {
    half: new HalfBridgePart(context),
    jpeg: new JpegBridgePart(),
    timing: new TimingBridgePart(),
    frames: new FramesBridgePart(context),
    controls: new ControlsBridgePart(context),
    still: new StillBridgePart(context),
    record: new RecordBridgePart(context),
    vision: new VisionBridgePart(context),
  } satisfies {
    [N in PartName]: BridgePart<PartProtocols[N]['to'], PartProtocols[N]['from']>
  }
}
