/** Cells of a marker's side: 6 bits, and a black border. */
const CELLS = 8
/** With the white margin that it is found by. */
export const MARKER_SIDE = CELLS + 2

/** The bits of an ArUco marker, row by row. Throws for a number that the dictionary does not have. */
export async function markerBits(id: number): Promise<string> {
  const { AR } = (await import('js-aruco2')).default
  const code = new AR.Dictionary('ARUCO_MIP_36h12').codeList[id]
  if (code === undefined) throw new Error(`there is no marker ${id} in ARUCO_MIP_36h12`)
  return code
}

/** Whether a marker with its margin is white at a place, both from 0 to 1. */
export function isWhite(bits: string, across: number, down: number): boolean {
  const column = Math.floor(across * MARKER_SIDE) - 2
  const row = Math.floor(down * MARKER_SIDE) - 2
  const inBits = column >= 0 && column < CELLS - 2 && row >= 0 && row < CELLS - 2
  if (inBits) return bits[row * (CELLS - 2) + column] === '1'
  return column === -2 || row === -2 || column === CELLS - 1 || row === CELLS - 1
}
