import type { CameraState } from '../../shared/camera/camera.ts'
import type { Family } from '../../shared/wire/device.ts'
import type { CameraLoad } from '../device/device.ts'
import type { Topic } from '../core/topic.ts'
import type { ViewerIds } from '../core/viewer-ids.ts'
import { Line } from '../instrument/scpi/line.ts'
import { Diagnostics, type WorkerUsage } from './diagnostics.ts'

interface BenchParts {
  devices: readonly { id: string; driver: { family: Family } }[]
  topicOf: (id: string) => Topic<object> | undefined
  /** The open device, while there is one. */
  deviceOf: (id: string) => { load?(): CameraLoad | undefined } | undefined
  workers: () => Promise<WorkerUsage[]>
  sockets: () => number
  viewers: ViewerIds
  databaseFile: string
  dataDir: string
}

/** The diagnostics of a bench with these devices. */
export function openDiagnostics({ devices, topicOf, deviceOf, ...rest }: BenchParts): Diagnostics {
  const of = (family: Family): { id: string; topic: Topic<object> }[] =>
    devices.flatMap(({ id, driver }) => {
      const topic = topicOf(id)
      return driver.family === family && topic ? [{ id, topic }] : []
    })
  return new Diagnostics({
    ...rest,
    cameras: of('camera').map(({ id, topic }) => ({
      id,
      // What is kept under a camera's name was made with its state's type.
      state: () => topic.value as CameraState,
      reported: (viewer, said) => (topic as Topic<CameraState>).merge({ viewers: { [viewer]: said } }),
      load: () => deviceOf(id)?.load?.(),
    })),
    lines: of('instrument').map(({ id, topic }) => ({ id, journal: Line.of(topic).journal })),
  })
}
