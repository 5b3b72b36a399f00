/** The header of an IEEE 488.2 definite-length block: how many bytes it takes itself and how many follow. */
export interface BlockHeader {
  headerBytes: number
  dataBytes: number
}

const HASH = 0x23
const ZERO = 0x30
const NINE = 0x39

/**
 * Reads `#<n><n digits>` (IEEE 488.2-1992 section 8.7.9) from the beginning of `bytes`.
 * 'more' when the header is not complete yet; 'indefinite' for `#0` (section 8.7.10); 'not a block' otherwise.
 */
export function parseBlockHeader(bytes: Uint8Array): BlockHeader | 'more' | 'indefinite' | 'not a block' {
  if (bytes.length === 0) return 'more'
  if (bytes[0] !== HASH) return 'not a block'
  const first = bytes[1]
  if (first === undefined) return 'more'
  if (first === ZERO) return 'indefinite'
  if (first < ZERO || first > NINE) return 'not a block'
  const digits = first - ZERO
  let dataBytes = 0
  for (let i = 2; i < 2 + digits; i++) {
    const digit = bytes[i]
    if (digit === undefined) return 'more'
    if (digit < ZERO || digit > NINE) return 'not a block'
    dataBytes = dataBytes * 10 + (digit - ZERO)
  }
  return { headerBytes: 2 + digits, dataBytes }
}
