import { isIP } from 'node:net'
import { CameraAbsent } from '../../frame/capture.ts'
import { awaited } from './lane.ts'
import type { Aravis } from './native.ts'

interface Seen {
  id: string
  serial: string
  address: string
  model: string
}

/**
 * By which name to open the camera: one that is wanted by its id, serial number or address, or the only one there is.
 * An IP address is asked directly; whatever else is looked for on every network and on USB, which takes a second.
 * Throws CameraAbsent, saying which cameras there are.
 */
export async function findCamera(aravis: Aravis, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined && isIP(wanted)) return wanted
  await awaited(aravis.updateDeviceList)
  const seen = Array.from({ length: aravis.deviceCount() }, (_, index): Seen => ({
    id: aravis.deviceId(index),
    serial: aravis.deviceSerial(index) ?? '',
    address: aravis.deviceAddress(index) ?? '',
    model: aravis.deviceModel(index) ?? '',
  }))
  const found =
    wanted === undefined
      ? seen
      : seen.filter(({ id, serial, address }) => [id, serial, address].includes(wanted))
  if (found.length === 1) return found[0]!.id
  const there = seen.map(({ id, serial, address, model }) => `${id} (${model}, serial ${serial}, ${address})`)
  const what =
    wanted === undefined
      ? 'name the camera in bench.yaml by its id, serial number or address'
      : found.length > 1
        ? `${wanted} is the name of ${found.length} cameras`
        : `there is no camera ${wanted}`
  throw new CameraAbsent(
    seen.length === 0
      ? 'no GigE Vision or USB3 Vision camera is in sight: check power, cable and network'
      : `${what}; in sight: ${there.join('; ')}`,
  )
}
