import type { ColourMap } from './colour-maps.ts'
import type { Picture } from './decode.ts'

/** How values become colours. Black and white are values of the samples. */
export interface Look {
  black: number
  white: number
  gamma: number
  map: ColourMap
  /** Full scale in red. */
  saturation: boolean
  /** Bayer patterns as colours; else as the values they are. */
  demosaic: boolean
}

/** What draws a picture. */
export interface Painter {
  /** For people: what draws. */
  readonly name: string
  readonly mostSide: number
  paint(canvas: { width: number; height: number }, scene: Scene): void
  close(): void
}

/** Where the picture lies on the canvas: device px a pixel of what was sent, and its corner. */
export interface Scene {
  picture: Picture
  /** Whether the picture is another than last time. */
  isNew: boolean
  look: Look
  scale: number
  left: number
  top: number
}
