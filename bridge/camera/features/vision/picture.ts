/** A picture as detectors take it: I420, taken apart. */
export interface Look {
  width: number
  height: number
  y: Uint8Array
  /** Quarter size. */
  u: Uint8Array
  v: Uint8Array
}

/** Something found in one picture, px; `x` and `y` are its middle. */
export interface Found {
  x: number
  y: number
  width: number
  height: number
  score: number
  label: number
}

/** The planes of an I420 picture. */
export function lookAt(i420: Uint8Array, width: number, height: number): Look {
  const pixels = width * height
  return {
    width,
    height,
    y: i420.subarray(0, pixels),
    u: i420.subarray(pixels, (pixels * 5) / 4),
    v: i420.subarray((pixels * 5) / 4),
  }
}

/** The brightness at half width and height: each pixel the mean of four. */
export function halved({ y, width, height }: Look): { grey: Uint8Array; width: number; height: number } {
  const across = width >> 1
  const down = height >> 1
  const grey = new Uint8Array(across * down)
  for (let row = 0, at = 0; row < down; row++) {
    let from = row * 2 * width
    for (let column = 0; column < across; column++, at++, from += 2)
      grey[at] = (y[from]! + y[from + 1]! + y[from + width]! + y[from + width + 1]! + 2) >> 2
  }
  return { grey, width: across, height: down }
}
