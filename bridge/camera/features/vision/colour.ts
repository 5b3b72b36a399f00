import type { Detectors } from '../../../../shared/camera/vision.ts'
import { blobsIn } from './blobs.ts'
import type { Found, Look } from './picture.ts'

/** What grey leaves of a colour: 224 steps from end to end (BT.601, limited range). */
const STEPS = 112

/** Parts of the picture that have the wanted colour, whatever their brightness. Chroma has half the size of the picture. */
export function findColour(look: Look, settings: NonNullable<Detectors['colour']>): Found[] {
  const { u, v } = look
  const cb = 128 + settings.blueness * STEPS
  const cr = 128 + settings.redness * STEPS
  const reach = settings.tolerance * STEPS
  const weight = (index: number): number => {
    const du = u[index]! - cb
    const dv = v[index]! - cr
    return reach - Math.sqrt(du * du + dv * dv)
  }
  return blobsIn(look.width / 2, look.height / 2, weight)
    .filter(({ area }) => area * 4 >= settings.smallestArea)
    .map((blob) => ({
      x: blob.x * 2 + 0.5,
      y: blob.y * 2 + 0.5,
      width: (blob.right - blob.left + 1) * 2,
      height: (blob.bottom - blob.top + 1) * 2,
      score: 1,
      label: -1,
    }))
}
