import type { TileContent } from '../../shared/views/views.ts'

/** What a tile is kept by while it is moved: its content, with a number to tell it from others that show the same. */
export function tileKeys(contents: readonly TileContent[]): string[] {
  const seen = new Map<string, number>()
  return contents.map((content) => {
    // What a text says may change as it is typed: it is still the same tile.
    const what = content.kind === 'text' ? content.kind : JSON.stringify(content)
    const count = seen.get(what) ?? 0
    seen.set(what, count + 1)
    return `${what}#${count}`
  })
}
