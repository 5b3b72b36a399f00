import type { Client } from './socket.ts'
import { MOST_PAGES, MOST_TILES, type ViewBody } from '../../shared/views/views.ts'

const COLUMNS = 16
const TEXT = 500

const VIEWS = 40
/** Packets that the bridge lets wait before a link counts as stuck, and some more. */
const PATCHES = 80

/**
 * Makes a link that is stalled stuck, where it leads to a page that follows the topics `views` and `control`: with more
 * than the kernel's buffers hold, and with more packets behind it than the bridge lets wait. The operator has the lease.
 */
export async function fillLink(operator: Client): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    const saved = Array.from({ length: VIEWS }, (_, i) =>
      operator.call('view.save', heavyView(`heavy-${i}`, turn)),
    )
    await Promise.all(saved)
  }
  for (let i = 0; i < PATCHES; i++) await operator.call('lease.show', { hash: `#/traces?${i}` })
}

/** The largest view there can be, some 170 kB. */
function heavyView(name: string, turn: number): ViewBody & { name: string } {
  const text = String(turn).padEnd(TEXT, 'x')
  const tiles = Array.from({ length: MOST_TILES }, (_, i) => ({
    box: { x: i % COLUMNS, y: Math.floor(i / COLUMNS), w: 1, h: 1 },
    content: { kind: 'text' as const, text },
  }))
  return {
    name,
    title: 'Heavy',
    pages: Array.from({ length: MOST_PAGES }, () => ({ tiles })),
    dwellS: 20,
    stop: false,
    qr: 'none',
  }
}
