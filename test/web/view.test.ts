import { expect, it } from 'vitest'
import { pan, wholeView, zoom } from '../../web/plot/view.ts'

const POINTS = 1001

it('keeps what is under the cursor there', () => {
  const view = zoom(wholeView(POINTS), 0.5, 0.25, POINTS)
  expect(view.to - view.from).toBe(500)
  expect(view.from + 0.25 * 500).toBe(250)
})

it('goes back to all of it and no further', () => {
  expect(zoom({ from: 100, to: 200 }, 100, 0.5, POINTS)).toEqual(wholeView(POINTS))
})

it('stops zooming in at a handful of samples', () => {
  const view = zoom(wholeView(POINTS), 1e-9, 0.5, POINTS)
  expect(view.to - view.from).toBeCloseTo(8)
})

it('keeps its span when it is moved against an edge', () => {
  expect(pan({ from: 900, to: 1000 }, 5, POINTS)).toEqual({ from: 900, to: 1000 })
  expect(pan({ from: 0, to: 100 }, -5, POINTS)).toEqual({ from: 0, to: 100 })
})
