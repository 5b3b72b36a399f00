import type { TileContent } from '../../shared/views/views.ts'

/** What a tile is called, given the titles of the devices by id. */
export function tileName(content: TileContent, titles: ReadonlyMap<string, string>): string {
  switch (content.kind) {
    case 'clock':
      return 'Clock'
    case 'text':
      return content.text.trim() === '' ? 'Text' : `Text: ${content.text.trim().slice(0, 30)}`
    case 'reading':
      return `${titles.get(content.device) ?? content.device}: ${content.reading}`
    case 'trace':
      return `${titles.get(content.device) ?? content.device}: ${content.trace === undefined ? 'newest trace' : 'a trace'}`
    default:
      return titles.get(content.device) ?? content.device
  }
}
