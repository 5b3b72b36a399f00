import type { Driver } from '../core/device.ts'
import cameraAravis from './camera/aravis.ts'
import cameraFile from './camera/file.ts'
import cameraRtp from './camera/rtp.ts'
import cameraRtsp from './camera/rtsp.ts'
import cameraScene from './camera/scene.ts'
import cameraSim from './camera/sim.ts'
import cameraV4l2 from './camera/v4l2.ts'
import cameraWhip from './camera/whip.ts'
import exfoCtp10 from './instrument/exfo-ctp10.ts'
import scpi from './instrument/scpi.ts'
import turretGrbl from './turret/grbl.ts'

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
