/** One large number, or word. */
export interface Figure {
  name: string
  label: string
  text: string
  unit: string
  colour?: string | undefined
  /** Not of now: dimmed. */
  old?: boolean
  level?: 'warn' | 'bad' | undefined
  note?: string | undefined
}

/** How wide a figure is by its letters, and how high with its name above it: in its own font size. */
const WIDTH_EM = 5.4
const HEIGHT_EM = 2.1

/** In how many columns so many figures are shown largest, and how large: their font size in px for a box of this size in px. */
export function fitFigures(
  count: number,
  width: number,
  height: number,
): { columns: number; fontPx: number } {
  let best = { columns: 1, fontPx: 0 }
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns)
    const fontPx = Math.min(width / columns / WIDTH_EM, height / rows / HEIGHT_EM)
    if (fontPx > best.fontPx) best = { columns, fontPx: Math.floor(fontPx) }
  }
  return best
}
