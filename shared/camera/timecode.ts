/**
 * A time drawn into the picture, for people as digits and for programs as blocks: the time in ms, 40 bits, most
 * significant first, one block a bit, white 1, black 0, then a block of odd parity. Large blocks survive the encoder.
 */
const BITS = 40
const BLOCK_PX = 12
const ORIGIN_PX = 8
const WHITE = 235
const BLACK = 16
/** What a wall clock leaves when cut to 40 bits: it comes round after 34 years. */
const MODULUS = 2 ** BITS

/** The smallest picture a time code fits into. */
export const TIME_CODE_MIN = { width: ORIGIN_PX * 2 + (BITS + 1) * BLOCK_PX, height: 48 }

// Five rows of three dots a glyph, top row in the highest bits.
const GLYPHS: Record<string, number> = {
  '0': 0b111101101101111,
  '1': 0b010110010010111,
  '2': 0b111001111100111,
  '3': 0b111001111001111,
  '4': 0b101101111001001,
  '5': 0b111100111001111,
  '6': 0b111100111101111,
  '7': 0b111001001001001,
  '8': 0b111101111101111,
  '9': 0b111101111001111,
  ':': 0b000010000010000,
  '.': 0b000000000000010,
}
const DOT_PX = 3
const TEXT_TOP_PX = ORIGIN_PX + BLOCK_PX + 4

function fill(
  luma: Uint8Array,
  width: number,
  x: number,
  y: number,
  w: number,
  h: number,
  value: number,
): void {
  for (let row = y; row < y + h; row++) luma.fill(value, row * width + x, row * width + x + w)
}

function bitsOf(epochMs: number): number[] {
  const bits: number[] = []
  let rest = Math.round(epochMs) % MODULUS
  for (let i = 0; i < BITS; i++) {
    bits.unshift(rest % 2)
    rest = Math.floor(rest / 2)
  }
  const ones = bits.reduce((sum, bit) => sum + bit, 0)
  return [...bits, 1 - (ones % 2)]
}

/** Draws `epochMs` into an 8-bit luma plane (width * height bytes), top left: blocks, and below them UTC digits. */
export function drawTimeCode(luma: Uint8Array, width: number, epochMs: number): void {
  bitsOf(epochMs).forEach((bit, i) => {
    fill(luma, width, ORIGIN_PX + i * BLOCK_PX, ORIGIN_PX, BLOCK_PX, BLOCK_PX, bit ? WHITE : BLACK)
  })
  const text = new Date(epochMs).toISOString().slice(11, 23)
  fill(luma, width, ORIGIN_PX, TEXT_TOP_PX - 2, text.length * 4 * DOT_PX + 4, 5 * DOT_PX + 4, BLACK)
  let x = ORIGIN_PX + 3
  for (const character of text) {
    const glyph = GLYPHS[character] ?? 0
    for (let dot = 0; dot < 15; dot++) {
      if ((glyph >> (14 - dot)) & 1) {
        fill(
          luma,
          width,
          x + (dot % 3) * DOT_PX,
          TEXT_TOP_PX + Math.floor(dot / 3) * DOT_PX,
          DOT_PX,
          DOT_PX,
          WHITE,
        )
      }
    }
    x += 4 * DOT_PX
  }
}

/**
 * The time in ms that is drawn into a picture, given the brightness (0-255) at a pixel, and a time near it for the
 * bits that were cut off. Undefined when the parity is wrong: there is no time code, or it is damaged.
 */
export function readTimeCode(
  brightness: (x: number, y: number) => number,
  nearMs: number,
): number | undefined {
  let value = 0
  let ones = 0
  for (let i = 0; i <= BITS; i++) {
    const bit = brightness(ORIGIN_PX + i * BLOCK_PX + BLOCK_PX / 2, ORIGIN_PX + BLOCK_PX / 2) > 127 ? 1 : 0
    ones += bit
    if (i < BITS) value = value * 2 + bit
  }
  if (ones % 2 === 0) return undefined
  const wraps = Math.round((nearMs - value) / MODULUS)
  return value + wraps * MODULUS
}
