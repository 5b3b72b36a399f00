import type { Family } from '../wire/device.ts'
import { share } from './grid.ts'
import { MOST_PAGES, type TileContent, VIEW_OF_ALL, type View } from './views.ts'

const TILES_A_PAGE = 4

interface BenchOutline {
  title: string
  devices: readonly { id: string; driver: { family: Family } }[]
}

/** The view that shows every device of a bench, cameras first, four to a page; a clock where there is none. */
export function viewOfAll({ title, devices: configured }: BenchOutline): View {
  const devices = configured.map(({ id, driver }) => ({ id, family: driver.family }))
  const cameras = devices.filter(({ family }) => family === 'camera')
  const others = devices.filter(({ family }) => family !== 'camera')
  const contents: TileContent[] = [...cameras, ...others].map(({ id, family }) => ({
    kind: family,
    device: id,
  }))
  if (contents.length === 0) contents.push({ kind: 'clock' })
  const pages: View['pages'] = []
  for (let i = 0; i < contents.length && pages.length < MOST_PAGES; i += TILES_A_PAGE) {
    const shown = contents.slice(i, i + TILES_A_PAGE)
    const boxes = share(shown.length)
    pages.push({ tiles: shown.map((content, k) => ({ content, box: boxes[k]! })) })
  }
  return { name: VIEW_OF_ALL, title, pages, dwellS: 20, stop: false, qr: 'link', revision: 0 }
}
