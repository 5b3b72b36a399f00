import type { Driver } from '../device/device.ts'
import cameraAravis from '../camera/kinds/aravis/source.ts'
import cameraFile from '../camera/kinds/file/source.ts'
import cameraRtp from '../camera/kinds/pushed/rtp-source.ts'
import cameraRtsp from '../camera/kinds/file/rtsp-source.ts'
import cameraScene from '../camera/kinds/scene/driver.ts'
import cameraSim from '../camera/kinds/sim/source.ts'
import cameraV4l2 from '../camera/kinds/v4l2/source.ts'
import cameraWhip from '../camera/kinds/pushed/whip-source.ts'
import exfoCtp10 from '../instrument/ctp10/driver.ts'
import scpi from '../instrument/declared/driver.ts'
import turretGrbl from '../turret/grbl/driver.ts'

/** Every driver there is; a new one is one more line. */
const all = [
  cameraSim,
  cameraScene,
  cameraFile,
  cameraRtsp,
  cameraAravis,
  cameraV4l2,
  cameraWhip,
  cameraRtp,
  exfoCtp10,
  scpi,
  turretGrbl,
]

/** By the name that bench.yaml calls them. */
export const drivers: ReadonlyMap<string, Driver> = new Map(
  all.map((driver) => [driver.kind, driver as unknown as Driver]),
)
