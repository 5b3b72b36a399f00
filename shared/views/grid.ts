/** The cells a page of a view is divided into: square ones on a display of 16 to 9. */
export const GRID = { columns: 16, rows: 9 } as const

/** A place on the grid, in cells from the top left. */
export interface Box {
  x: number
  y: number
  w: number
  h: number
}

export function isInside({ x, y, w, h }: Box): boolean {
  return x >= 0 && y >= 0 && w >= 1 && h >= 1 && x + w <= GRID.columns && y + h <= GRID.rows
}

export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/** As much of a page as each of up to four tiles gets when nobody has arranged them: the first the most. */
export function share(count: number): Box[] {
  const { columns, rows } = GRID
  const half = columns / 2
  const upper = Math.ceil(rows / 2)
  if (count <= 0) return []
  if (count === 1) return [{ x: 0, y: 0, w: columns, h: rows }]
  const wide = Math.round(columns * 0.6)
  const side = { x: wide, w: columns - wide }
  if (count === 2) {
    return [
      { x: 0, y: 0, w: wide, h: rows },
      { ...side, y: 0, h: rows },
    ]
  }
  if (count === 3) {
    return [
      { x: 0, y: 0, w: wide, h: rows },
      { ...side, y: 0, h: upper },
      { ...side, y: upper, h: rows - upper },
    ]
  }
  return [0, upper].flatMap((y) =>
    [0, half].map((x) => ({ x, y, w: half, h: y === 0 ? upper : rows - upper })),
  )
}

/** The first place, row by row, where a box of this size lies on none of the others; undefined where there is none. */
export function freePlace(size: Pick<Box, 'w' | 'h'>, others: readonly Box[]): Box | undefined {
  for (let y = 0; y + size.h <= GRID.rows; y++) {
    for (let x = 0; x + size.w <= GRID.columns; x++) {
      const box = { x, y, w: size.w, h: size.h }
      if (!others.some((other) => overlaps(box, other))) return box
    }
  }
  return undefined
}
