import { i420Bytes, type Picture } from '../../frame/frame.ts'

/** Writes the picture at half its width and height into `into` (i420Bytes of that size): each pixel the mean of four. */
export function halve({ width, height, i420 }: Picture, into: Uint8Array): void {
  const pixels = width * height
  const to = halvePlane(i420, 0, width, height, into, 0)
  const u = halvePlane(i420, pixels, width / 2, height / 2, into, to)
  halvePlane(i420, pixels * 1.25, width / 2, height / 2, into, u)
}

/** Answers where the next plane begins. */
function halvePlane(
  from: Uint8Array,
  at: number,
  width: number,
  height: number,
  into: Uint8Array,
  to: number,
): number {
  for (let row = 0; row < height; row += 2) {
    const above = at + row * width
    for (let i = above, end = above + width; i < end; i += 2) {
      into[to++] = (from[i]! + from[i + 1]! + from[i + width]! + from[i + width + 1]! + 2) >> 2
    }
  }
  return to
}

/** A place for a picture of half the size. */
export function halfPicture(width: number, height: number): Picture {
  return {
    width: width / 2,
    height: height / 2,
    madeAt: 0,
    i420: new Uint8Array(i420Bytes(width / 2, height / 2)),
  }
}
