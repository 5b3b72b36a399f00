import { describe, expect, it } from 'vitest'
import { freePlace, GRID, isInside, overlaps, share } from '../../shared/views/grid.ts'
import { viewOfAll } from '../../shared/views/view-of-all.ts'
import { type View, view, viewBody } from '../../shared/views/views.ts'

const device = (id: string, family: 'camera' | 'instrument' | 'turret') => ({ id, driver: { family } })

describe('the grid', () => {
  it('is shared out whole, and no tile lies on another', () => {
    for (let count = 1; count <= 4; count++) {
      const boxes = share(count)
      expect(boxes).toHaveLength(count)
      expect(boxes.every(isInside)).toBe(true)
      expect(boxes.some((a, i) => boxes.some((b, k) => k < i && overlaps(a, b)))).toBe(false)
      expect(boxes.reduce((sum, { w, h }) => sum + w * h, 0)).toBe(GRID.columns * GRID.rows)
    }
  })

  it('lets boxes touch', () => {
    expect(overlaps({ x: 0, y: 0, w: 2, h: 2 }, { x: 2, y: 0, w: 2, h: 2 })).toBe(false)
    expect(overlaps({ x: 0, y: 0, w: 2, h: 2 }, { x: 1, y: 1, w: 2, h: 2 })).toBe(true)
  })

  it('finds the first free place row by row, and says when there is none', () => {
    const left = { x: 0, y: 0, w: 10, h: GRID.rows }
    expect(freePlace({ w: 4, h: 3 }, [left])).toEqual({ x: 10, y: 0, w: 4, h: 3 })
    expect(freePlace({ w: 7, h: 1 }, [left])).toBeUndefined()
  })
})

describe('the view of all', () => {
  it('shows every device once, cameras first, and is a view that can be saved', () => {
    const devices = [
      device('tester', 'instrument'),
      device('left', 'camera'),
      device('turret', 'turret'),
      device('right', 'camera'),
      device('meter', 'instrument'),
    ]
    const all = viewOfAll({ title: 'Bench', devices })
    expect(view.parse(all)).toEqual(all)
    const shown = all.pages.flatMap(({ tiles }) =>
      tiles.map(({ content }) => ('device' in content ? content.device : content.kind)),
    )
    expect(shown).toEqual(['left', 'right', 'tester', 'turret', 'meter'])
  })

  it('shows the time where there is nothing else', () => {
    expect(viewOfAll({ title: '', devices: [] }).pages).toMatchObject([
      { tiles: [{ content: { kind: 'clock' } }] },
    ])
  })
})

describe('a view', () => {
  const body = (tiles: View['pages'][number]['tiles']): unknown => ({ title: 'x', pages: [{ tiles }] })
  const clock = { kind: 'clock' } as const

  it('is refused when a tile reaches beyond the grid', () => {
    const found = viewBody.safeParse(body([{ content: clock, box: { x: 14, y: 0, w: 3, h: 1 } }]))
    expect(found.error?.issues[0]).toMatchObject({
      path: ['pages', 0, 'tiles', 0, 'box'],
      message: 'the tile reaches beyond the grid',
    })
  })

  it('is refused when a tile lies on another', () => {
    const box = { x: 0, y: 0, w: 2, h: 2 }
    const found = viewBody.safeParse(
      body([
        { content: clock, box },
        { content: clock, box: { ...box, x: 1 } },
      ]),
    )
    expect(found.error?.issues[0]).toMatchObject({ message: 'the tile lies on tile 0' })
  })

  it('has no page without end and no name that is no address', () => {
    expect(viewBody.safeParse({ title: 'x', pages: [] }).success).toBe(false)
    expect(viewBody.safeParse({ ...(body([]) as object), dwellS: 0 }).success).toBe(false)
    expect(view.shape.name.safeParse('../all').success).toBe(false)
  })
})
