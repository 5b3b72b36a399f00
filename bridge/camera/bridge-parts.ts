import type { DriverContext } from '../core/device.ts'
import { JpegBridgePart, type JpegProtocol } from './jpeg/bridge-part.ts'
import type { BridgePart } from './part.ts'

/** The parts by name, and what the halves of each say to each other. */
export interface PartProtocols {
  jpeg: JpegProtocol
}

export type PartName = keyof PartProtocols

/** A message between the halves of a part, as it travels. */
export type PartMessage<Way extends 'to' | 'from'> = {
  [N in PartName]: { type: 'part'; part: N; message: PartProtocols[N][Way] }
}[PartName]

/** The bridge's halves of one camera's parts. */
export type BridgeParts = ReturnType<typeof openBridgeParts>

/** Makes the bridge's halves of a camera's parts. */
export function openBridgeParts(_context: DriverContext<'camera'>) {
  return { jpeg: new JpegBridgePart() } satisfies {
    [N in PartName]: BridgePart<PartProtocols[N]['to'], PartProtocols[N]['from']>
  }
}
