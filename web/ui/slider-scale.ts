/** A range over more than two decades is one of ratios: halving 1 ms is as far a way as halving 100 ms. */
const DECADES = 100
const DIGITS = 3

function isWide(min: number, max: number): boolean {
  return min > 0 && max / min > DECADES
}

/** Where a value stands on its slider, 0 to 1. */
export function sliderPosition(value: number, min: number, max: number): number {
  if (max <= min) return 0
  const inside = Math.min(max, Math.max(min, value))
  return isWide(min, max) ? Math.log(inside / min) / Math.log(max / min) : (inside - min) / (max - min)
}

/** The value at a slider's position, with as many digits as a hand can set. */
export function sliderValue(position: number, min: number, max: number): number {
  const value = isWide(min, max) ? min * (max / min) ** position : min + (max - min) * position
  return Math.min(max, Math.max(min, Number(value.toPrecision(DIGITS))))
}
