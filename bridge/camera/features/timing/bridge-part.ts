import type { CameraLoad } from '../../../device/device.ts'
import type { BridgePart } from '../../frame/part.ts'

export interface TimingProtocol {
  to: never
  from: CameraLoad
}

/** What the camera's process said of itself last. */
export class TimingBridgePart implements BridgePart<TimingProtocol['to'], TimingProtocol['from']> {
  readonly commands = {}
  /** Undefined while there is no process, and before its first word. */
  newest: CameraLoad | undefined

  began(): void {}

  heard(load: CameraLoad): void {
    this.newest = load
  }

  gone(): void {
    this.newest = undefined
  }

  [Symbol.dispose](): void {}
}
