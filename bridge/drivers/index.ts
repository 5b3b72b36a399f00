import type { Driver } from '../core/device.ts'
import cameraFile from './camera/file.ts'
import cameraSim from './camera/sim.ts'
import exfoCtp10 from './instrument/exfo-ctp10.ts'
import scpi from './instrument/scpi.ts'
import turretGrbl from './turret/grbl.ts'

/** Every driver there is; a new one is one more line. */
const all = [cameraSim, cameraFile, exfoCtp10, scpi, turretGrbl]

/** By the name that bench.yaml calls them. */
export const drivers: ReadonlyMap<string, Driver> = new Map(
  all.map((driver) => [driver.kind, driver as unknown as Driver]),
)
