/** Which rows of a long list are drawn: `from` included, `to` not. */
export interface RowWindow {
  from: number
  to: number
}

/** Rows beyond both edges, so that a fast thumb does not see the ground. */
const SPARE = 6

/** The rows of `height` px each that are in view, and some around them. */
export function rowsInView(scrolled: number, view: number, height: number, count: number): RowWindow {
  if (height <= 0 || view <= 0) return { from: 0, to: 0 }
  const from = Math.max(0, Math.floor(scrolled / height) - SPARE)
  const to = Math.min(count, Math.ceil((scrolled + view) / height) + SPARE)
  return { from: Math.min(from, to), to }
}

/** Where to scroll so that a row is wholly in view; as little as possible. */
export function scrollTo(row: number, scrolled: number, view: number, height: number): number {
  const top = row * height
  if (top < scrolled) return top
  return Math.max(scrolled, top + height - view)
}
