import { type Box, freePlace, GRID, isInside, overlaps } from '../../shared/views/grid.ts'
import type { Tile, TileContent, TileKind } from '../../shared/views/views.ts'

/** How large a new tile would like to be. */
const WISHES: Record<TileKind, Pick<Box, 'w' | 'h'>> = {
  camera: { w: 8, h: 5 },
  instrument: { w: 6, h: 4 },
  reading: { w: 4, h: 2 },
  trace: { w: 8, h: 4 },
  turret: { w: 6, h: 3 },
  clock: { w: 4, h: 2 },
  text: { w: 4, h: 2 },
}

/** The box moved so that it lies within the grid, as large as before. */
export function within(box: Box): Box {
  const w = clamp(box.w, 1, GRID.columns)
  const h = clamp(box.h, 1, GRID.rows)
  return { x: clamp(box.x, 0, GRID.columns - w), y: clamp(box.y, 0, GRID.rows - h), w, h }
}

/**
 * The tiles after one was put somewhere: there if that is free; where one other lies, the two change places. As they were
 * if neither can be.
 */
export function move(tiles: readonly Tile[], index: number, to: Pick<Box, 'x' | 'y'>): readonly Tile[] {
  const moved = tiles[index]
  if (!moved) return tiles
  const box = within({ ...moved.box, ...to })
  const inTheWay = tiles.flatMap((tile, i) => (i !== index && overlaps(tile.box, box) ? [i] : []))
  if (inTheWay.length === 0) return placed(tiles, index, box)
  const [other] = inTheWay
  if (inTheWay.length > 1 || other === undefined) return tiles
  return placed(placed(tiles, index, tiles[other]!.box), other, moved.box)
}

/** The tiles after one was made as large as this, or as large as its neighbours and the grid let it be. */
export function resize(
  tiles: readonly Tile[],
  index: number,
  { w, h }: Pick<Box, 'w' | 'h'>,
): readonly Tile[] {
  const { box } = tiles[index] ?? {}
  if (!box) return tiles
  const wished = {
    ...box,
    w: clamp(w, 1, GRID.columns - box.x),
    h: clamp(h, 1, GRID.rows - box.y),
  }
  // Of the sizes within the wish that are free, the one that covers most.
  let best: Box = { ...box, w: 1, h: 1 }
  for (let high = 1; high <= wished.h; high++) {
    for (let wide = 1; wide <= wished.w; wide++) {
      const candidate = { ...wished, w: wide, h: high }
      if (wide * high > best.w * best.h && isFree(tiles, index, candidate)) best = candidate
    }
  }
  return placed(tiles, index, best)
}

/** The tiles with one more, as large as there is room for; undefined where there is none. */
export function add(tiles: readonly Tile[], content: TileContent): readonly Tile[] | undefined {
  const boxes = tiles.map(({ box }) => box)
  for (let { w, h } = WISHES[content.kind]; w >= 1 && h >= 1; w--, h = Math.min(h, w)) {
    const box = freePlace({ w, h }, boxes)
    if (box) return [...tiles, { box, content }]
  }
  return undefined
}

function placed(tiles: readonly Tile[], index: number, box: Box): readonly Tile[] {
  return tiles.map((tile, i) => (i === index ? { ...tile, box } : tile))
}

function isFree(tiles: readonly Tile[], index: number, box: Box): boolean {
  return isInside(box) && !tiles.some((tile, i) => i !== index && overlaps(tile.box, box))
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.round(value)))
}
