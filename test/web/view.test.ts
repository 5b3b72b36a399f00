import { expect, it } from 'vitest'
import { indexOf, placeOf, type TraceAxis } from '../../shared/traces/trace-axis.ts'
import { leastSpan, pan, wholeView, zoom } from '../../web/traces/plot/view.ts'

const along = (start: number, step: number): TraceAxis => ({ quantity: 'place', unit: 'm', start, step })
const trace = { axis: along(1500, 1e-3), samples: { length: 1001 } }
const whole = wholeView([trace])
const LEAST = leastSpan([trace])

it('reaches from the first sample to the last, of several from the leftmost to the rightmost', () => {
  expect(whole.from).toBeCloseTo(1500)
  expect(whole.to).toBeCloseTo(1501)
  const both = wholeView([trace, { axis: along(1400, 1e-3), samples: { length: 11 } }])
  expect([both.from, both.to]).toEqual([expect.closeTo(1400), expect.closeTo(1501)])
})

it('knows which sample lies where', () => {
  expect(indexOf(trace.axis, placeOf(trace.axis, 417))).toBeCloseTo(417, 4)
})

it('keeps what is under the cursor there', () => {
  const view = zoom(whole, 0.5, 0.25, whole, LEAST)
  expect(view.to - view.from).toBeCloseTo(0.5)
  expect(view.from + 0.25 * 0.5).toBeCloseTo(1500.25)
})

it('goes back to all of it and no further', () => {
  const view = zoom({ from: 1500.1, to: 1500.2 }, 100, 0.5, whole, LEAST)
  expect(view.from).toBeCloseTo(whole.from)
  expect(view.to).toBeCloseTo(whole.to)
})

it('stops zooming in at a handful of samples of the finest trace', () => {
  const fine = { ...trace, axis: along(1500, 1e-4) }
  const view = zoom(whole, 1e-9, 0.5, whole, leastSpan([trace, fine]))
  expect(view.to - view.from).toBeCloseTo(8e-4)
})

it('keeps its span when it is moved against an edge', () => {
  for (const [view, part] of [
    [{ from: 1500.9, to: 1501 }, 5],
    [{ from: 1500, to: 1500.1 }, -5],
  ] as const) {
    const moved = pan(view, part, whole)
    expect(moved.to - moved.from).toBeCloseTo(0.1)
    expect(moved.from).toBeGreaterThanOrEqual(whole.from)
    expect(moved.to).toBeLessThanOrEqual(whole.to)
  }
})
