import type { Pixel } from '../../../shared/turret/sight.ts'

/** Where a picture lies in a box, CSS px: `pictureIn` answers it. */
export interface Place {
  left: number
  top: number
  width: number
  height: number
}

/** Sides of the picture, px of the camera. */
export interface FrameSize {
  width: number
  height: number
}

interface Box extends Pixel {
  width: number
  height: number
}

/** Where a pixel of the frame is seen in the box, CSS px. The middle of the first pixel is 0. */
export function seenAt({ x, y }: Pixel, frame: FrameSize, place: Place): Pixel {
  return {
    x: place.left + ((x + 0.5) / frame.width) * place.width,
    y: place.top + ((y + 0.5) / frame.height) * place.height,
  }
}

/** Which pixel of the frame is seen at a place in the box, to a tenth; undefined beside the picture. */
export function pixelAt({ x, y }: Pixel, frame: FrameSize, place: Place): Pixel | undefined {
  const across = (x - place.left) / place.width
  const down = (y - place.top) / place.height
  if (!(across >= 0 && across <= 1 && down >= 0 && down <= 1)) return undefined
  const tenth = (px: number): number => Math.round(px * 10) / 10
  return { x: tenth(across * frame.width - 0.5), y: tenth(down * frame.height - 0.5) }
}

/** The middle of the frame, px. */
export function middleOf({ width, height }: FrameSize): Pixel {
  return { x: (width - 1) / 2, y: (height - 1) / 2 }
}

/** The smallest of the boxes that hold the pixel, each being hit `slack` px beyond its edge as well. */
export function boxAt<T extends Box>(boxes: readonly T[], pixel: Pixel, slack: number): T | undefined {
  const isHit = ({ x, y, width, height }: Box): boolean =>
    Math.abs(pixel.x - x) <= width / 2 + slack && Math.abs(pixel.y - y) <= height / 2 + slack
  return boxes
    .filter(isHit)
    .reduce<T | undefined>(
      (best, box) => (best && best.width * best.height <= box.width * box.height ? best : box),
      undefined,
    )
}
