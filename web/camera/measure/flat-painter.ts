import { channelsOf } from '../../../shared/camera/frame-header.ts'
import { colourTable } from './colour-maps.ts'
import type { Picture } from './decode.ts'
import type { Look, Painter } from './look.ts'

/** Draws with a plain canvas, where there is no WebGL2: on the processor, Bayer patterns as the values they are. */
export function openFlatPainter(canvas: HTMLCanvasElement): Painter | undefined {
  const context = canvas.getContext('2d')
  if (!context) return undefined
  const picture = document.createElement('canvas')
  const inside = picture.getContext('2d')
  if (!inside) return undefined
  let shown: Look | undefined
  return {
    name: 'a plain canvas: this browser has no WebGL2 here',
    mostSide: 8192,
    paint(size, scene) {
      const { width, height } = scene.picture.header
      if (scene.isNew || scene.look !== shown) {
        if (picture.width !== width) picture.width = width
        if (picture.height !== height) picture.height = height
        const colours = coloursOf(scene.picture, scene.look)
        inside.putImageData(new ImageData(colours, width, height), 0, 0)
        shown = scene.look
      }
      context.clearRect(0, 0, size.width, size.height)
      context.imageSmoothingEnabled = false
      context.drawImage(picture, scene.left, scene.top, width * scene.scale, height * scene.scale)
    },
    close() {},
  }
}

/** A picture's colours, RGBA. */
export function coloursOf({ header, samples }: Picture, look: Look): Uint8ClampedArray<ArrayBuffer> {
  const { width, height, bitDepth, format } = header
  const full = 2 ** bitDepth - 1
  const table = colourTable(format === 'rgb' ? 'grey' : look.map)
  const levels = Uint8Array.from({ length: full + 1 }, (_, value) => {
    const part = (value - look.black) / Math.max(1, look.white - look.black)
    return Math.round(Math.min(1, Math.max(0, part)) ** (1 / look.gamma) * 255)
  })
  const channels = channelsOf(format)
  const colours = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let i = 0; i < width * height; i++) {
    let isFull = false
    for (let channel = 0; channel < 3; channel++) {
      const value = Math.min(full, samples[i * channels + (channels === 3 ? channel : 0)]!)
      isFull ||= value === full
      colours[i * 4 + channel] = table[levels[value]! * 4 + channel]!
    }
    if (isFull && look.saturation) colours.set([255, 26, 26], i * 4)
  }
  return colours
}
