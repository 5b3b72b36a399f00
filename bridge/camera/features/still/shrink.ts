import type { Picture } from '../../frame/frame.ts'

/** How wide the pictures of a gallery are, px. */
const THUMBNAIL_WIDTH = 320

const even = (size: number): number => Math.max(2, Math.round(size / 2) * 2)

/** The picture as small as a gallery shows it, each pixel the mean of those it stands for; a smaller one as it is. */
export function thumbnailOf(picture: Picture): Picture {
  const { width, height, i420, madeAt } = picture
  if (width <= THUMBNAIL_WIDTH) return picture
  const across = THUMBNAIL_WIDTH
  const down = even((height * across) / width)
  const small = new Uint8Array((across * down * 3) / 2)
  let from = 0
  let to = 0
  for (const halves of [1, 2, 2]) {
    const [w, h, sw, sh] = [width / halves, height / halves, across / halves, down / halves]
    shrinkPlane(i420.subarray(from, from + w * h), w, h, small.subarray(to, to + sw * sh), sw, sh)
    from += w * h
    to += sw * sh
  }
  return { width: across, height: down, i420: small, madeAt }
}

function shrinkPlane(from: Uint8Array, w: number, h: number, to: Uint8Array, sw: number, sh: number): void {
  for (let y = 0; y < sh; y++) {
    const top = Math.floor((y * h) / sh)
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * h) / sh))
    for (let x = 0; x < sw; x++) {
      const left = Math.floor((x * w) / sw)
      const right = Math.max(left + 1, Math.floor(((x + 1) * w) / sw))
      let sum = 0
      for (let row = top; row < bottom; row++)
        for (let at = left; at < right; at++) sum += from[row * w + at]!
      to[y * sw + x] = Math.round(sum / ((bottom - top) * (right - left)))
    }
  }
}
