import { sceneSource } from './source.ts'
import { openCamera } from '../../device/device.ts'
import { defineDriver } from '../../../device/device.ts'
import { commonConfig } from '../../frame/source-common.ts'

/** A simulated camera on, or beside, the simulated turret: targets that move, and the spot of its laser. */
export default defineDriver({
  kind: 'camera.scene',
  family: 'camera',
  config: sceneSource.extend(commonConfig),
  open({ codec, bitrateKbps, stayAwake, pixelSizeUm, timeCode, ...source }, context) {
    const { exposureMs, gainDb } = source
    return openCamera(
      {
        ...{ source: { kind: 'scene', ...source }, codec, bitrateKbps, stayAwake, pixelSizeUm },
        settings: { timeCode, exposureMs, gainDb },
      },
      context,
    )
  },
})
