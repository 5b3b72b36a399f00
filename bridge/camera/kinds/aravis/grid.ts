import type { NumberRange } from '../../../../shared/camera/camera-features.ts'

/** Video is made of 2x2 blocks, and no encoder takes less than this. */
const SMALLEST = 16

/** What a side of a region can be: the device's own grid, as far as it is even. `reach` is how far the sensor goes, px. */
export function sideRange(
  device: { min: number; step: number },
  reach: number,
): NumberRange & { step: number } {
  const step = evenStep(device.step)
  let min = device.min
  while (min < SMALLEST || min % 2 !== 0) {
    const next = min + device.step
    if (next > reach || next > device.min + 2 * SMALLEST * device.step) break
    min = next
  }
  return { min, max: snap(reach, { min, max: reach, step }), step, unit: 'px' }
}

/** Where a region can begin: anywhere that leaves room for its smallest side, on even pixels, so that colours stay in place. */
export function offsetRange(device: { step: number }, side: NumberRange): NumberRange & { step: number } {
  const step = evenStep(device.step)
  const reach = side.max - side.min
  return { min: 0, max: snap(reach, { min: 0, max: reach, step }), step, unit: 'px' }
}

/** The nearest value below, or `min`. */
export function snap(value: number, { min, max, step }: { min: number; max: number; step: number }): number {
  return min + Math.max(0, Math.floor((Math.min(value, max) - min) / step)) * step
}

function evenStep(step: number): number {
  return step % 2 === 0 ? step : step * 2
}
