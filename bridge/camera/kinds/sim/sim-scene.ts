import { type CellSprite, CLEAR_BITS, drawCell } from './cell.ts'
import { evenRandom, normalRandom } from '../../frame/random.ts'

/** Brightness of the empty field's middle on the sensor's 12-bit scale: bright, with room for twice the exposure. */
const FIELD = 1850
const VIGNETTE = 0.38
/** Slow flow of the medium, px/s, and how cells jitter in it, px per square root of a second. */
const FLOW = { x: 7, y: 2.5 }
const BROWNIAN = 3.2
/** Cells a picture of 640x480: other sizes keep the density. */
const CELLS_AT_VGA = 32

interface Cell extends CellSprite {
  /** The sprite's top left corner; may lie outside the picture. */
  x: number
  y: number
}

/** A bright-field microscope slide: cells that drift in a vignetted field of light. */
export class SimScene {
  readonly width: number
  readonly height: number
  readonly #empty: Uint16Array
  readonly #cells: Cell[]
  readonly #normal: () => number
  /** What the sensor sees, 0 to 4095, after `advance`. */
  readonly light: Uint16Array

  constructor(width: number, height: number, seed: number) {
    const even = evenRandom(seed)
    this.width = width
    this.height = height
    this.#normal = normalRandom(even)
    this.#empty = emptyField(width, height)
    this.light = this.#empty.slice()
    const count = Math.max(4, Math.round((CELLS_AT_VGA * width * height) / (640 * 480)))
    this.#cells = Array.from({ length: count }, (_, i) => {
      const blur = i % 3 === 0 ? 1 + even() * 3.5 : even() * 0.4
      const sprite = drawCell(11 + even() * 13, blur, even)
      return { ...sprite, x: even() * width - sprite.size / 2, y: even() * height - sprite.size / 2 }
    })
    this.advance(0)
  }

  /** Lets `seconds` pass and lights the slide anew. */
  advance(seconds: number): void {
    const jitter = BROWNIAN * Math.sqrt(seconds)
    this.light.set(this.#empty)
    for (const cell of this.#cells) {
      cell.x = wrap(cell.x + FLOW.x * seconds + this.#normal() * jitter, -cell.size, this.width)
      cell.y = wrap(cell.y + FLOW.y * seconds + this.#normal() * jitter, -cell.size, this.height)
      this.#shade(cell)
    }
  }

  #shade(cell: Cell): void {
    const { size, transmission } = cell
    const { light, width, height } = this
    const left = Math.floor(cell.x)
    const top = Math.floor(cell.y)
    // The sprite's rim lets all light pass, so its last row and column need no neighbour beyond them.
    const right = Math.round((1 - (cell.x - left)) * 256)
    const lower = Math.round((1 - (cell.y - top)) * 256)
    const w00 = (256 - right) * (256 - lower)
    const w01 = right * (256 - lower)
    const w10 = (256 - right) * lower
    const w11 = right * lower
    const fromX = Math.max(0, -left)
    const toX = Math.min(size - 1, width - left - 1)
    const toY = Math.min(size - 1, height - top - 1)
    for (let y = Math.max(0, -top); y < toY; y++) {
      let from = y * size + fromX
      let to = (top + y) * width + left + fromX
      for (let x = fromX; x < toX; x++, from++, to++) {
        const passed =
          (transmission[from]! * w00 +
            transmission[from + 1]! * w01 +
            transmission[from + size]! * w10 +
            transmission[from + size + 1]! * w11) >>>
          16
        light[to] = (light[to]! * passed) >> CLEAR_BITS
      }
    }
  }
}

function wrap(value: number, low: number, high: number): number {
  const span = high - low
  return low + ((((value - low) % span) + span) % span)
}

function emptyField(width: number, height: number): Uint16Array {
  const field = new Uint16Array(width * height)
  const corner = Math.hypot(width, height) / 2
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // The lamp sits a little off the axis, as it does on real stands.
      const away = Math.hypot(x - width * 0.53, y - height * 0.47) / corner
      field[y * width + x] = Math.round(FIELD * (1 - VIGNETTE * away * away))
    }
  }
  return field
}
