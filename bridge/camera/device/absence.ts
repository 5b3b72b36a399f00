import type { CameraState } from '../../../shared/camera/camera.ts'
import { BenchError } from '../../../shared/wire/errors.ts'

/** Why a camera that has no process just now has none, for whom `then` says what to do. */
export function absent({ id, inlet }: CameraState, then: string): BenchError {
  if (inlet && !inlet.by)
    return new BenchError('media.unavailable', `${id}: nobody is publishing: ${then} when somebody does`, {
      device: id,
    })
  const why = inlet
    ? `no picture has come yet from ${inlet.by?.name ?? 'whoever publishes'}`
    : 'the camera is starting again'
  return new BenchError('device.busy', `${id}: ${why}: ${then} in a moment`, { device: id })
}
