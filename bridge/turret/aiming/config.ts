import { z } from 'zod'
import { deviceId } from '../../../shared/wire/device.ts'

/** A turret's camera, in bench.yaml. */
export const sightConfig = z.strictObject({
  camera: deviceId.describe('the camera that the turret is aimed with'),
  mount: z
    .enum(['turret', 'fixed'])
    .default('turret')
    .describe('whether the camera turns with the turret, or stands beside it'),
})
export type SightConfig = z.output<typeof sightConfig>
