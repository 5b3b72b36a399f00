/** How wide a letter is on average, and how high a line: in the font size. */
const LETTER_EM = 0.58
const LINE_EM = 1.35
const LEAST_PX = 12

/** The largest font size in px at which these lines, broken where they must be, fit into a box of this size in px. */
export function textSize(lines: readonly string[], width: number, height: number): number {
  let least = LEAST_PX
  let most = Math.max(LEAST_PX, height / 2)
  while (most - least > 1) {
    const size = (least + most) / 2
    const letters = Math.max(1, Math.floor(width / (size * LETTER_EM)))
    const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / letters)), 0)
    // A word that is broken is hard to read: the longest has to fit as well.
    const longest = Math.max(0, ...lines.flatMap((line) => line.split(/\s+/).map((word) => word.length)))
    if (rows * size * LINE_EM <= height && longest <= letters) least = size
    else most = size
  }
  return Math.floor(least)
}
