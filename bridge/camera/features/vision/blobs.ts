/** A connected part of a mask. Bounds are whole pixels, both ends within; the middle is weighted. */
export interface Blob {
  area: number
  left: number
  right: number
  top: number
  bottom: number
  x: number
  y: number
}

interface Run {
  from: number
  to: number
  row: number
}

/** A mask with more runs than this is noise all over: nothing can be told from it. */
const MOST_RUNS = 20_000

/**
 * The connected parts (8 neighbours) of where `weight` is above 0: runs of each row, joined with those that they touch
 * in the row above (union-find).
 */
export function blobsIn(width: number, height: number, weight: (index: number) => number): Blob[] {
  const runs: Run[] = []
  const parent: number[] = []
  const rootOf = (run: number): number => {
    let root = run
    while (parent[root]! !== root) root = parent[root] = parent[parent[root]!]!
    return root
  }
  let above = 0
  for (let row = 0; row < height; row++) {
    const first = runs.length
    const base = row * width
    for (let x = 0; x < width; x++) {
      if (weight(base + x) <= 0) continue
      const from = x
      while (x + 1 < width && weight(base + x + 1) > 0) x++
      const number = runs.length
      if (number >= MOST_RUNS) return []
      runs.push({ from, to: x, row })
      parent.push(number)
      while (above < first && (runs[above]!.row < row - 1 || runs[above]!.to < from - 1)) above++
      for (let i = above; i < first && runs[i]!.from <= x + 1; i++) parent[rootOf(i)] = rootOf(number)
    }
    above = first
  }
  const blobs = new Map<number, Blob & { sum: number }>()
  for (const [number, { from, to, row }] of runs.entries()) {
    const root = rootOf(number)
    let blob = blobs.get(root)
    if (!blob) {
      blob = { area: 0, left: from, right: to, top: row, bottom: row, x: 0, y: 0, sum: 0 }
      blobs.set(root, blob)
    }
    blob.left = Math.min(blob.left, from)
    blob.right = Math.max(blob.right, to)
    blob.top = Math.min(blob.top, row)
    blob.bottom = Math.max(blob.bottom, row)
    blob.area += to - from + 1
    for (let x = from; x <= to; x++) {
      const share = weight(row * width + x)
      blob.sum += share
      blob.x += share * x
      blob.y += share * row
    }
  }
  return [...blobs.values()].map(({ sum, ...blob }) => ({ ...blob, x: blob.x / sum, y: blob.y / sum }))
}
