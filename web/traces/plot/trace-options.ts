import type uPlot from 'uplot'
import type { PlotColours } from './colours.ts'

/** What a trace plot is drawn with, and whom it tells. */
interface TracePlotSpec {
  colours: PlotColours
  /** What stands below and beside it. */
  titles: { x: string; y: string }
  /** Draws the curves over the axes. */
  ondraw: (plot: uPlot) => void
  oncursor: (x: number | undefined) => void
  onbox: (from: number, to: number) => void
  onreset: () => void
}

const FONT = '12px system-ui, sans-serif'
/** Below this a flat trace in dB would be drawn as a wall of noise; another below a thousandth of what it is. */
const LEAST_DB = 0.02
const LEAST_PART = 1e-3
const BOX_LEAST_PX = 4

const MOST_DECIMALS = 6

/** How many decimals ticks of this step take: 2.5 takes one, 10 takes none. */
export function decimalsFor(step: number): number {
  for (let decimals = 0; decimals < MOST_DECIMALS; decimals++) {
    const whole = step * 10 ** decimals
    if (whole >= 1 - 1e-9 && Math.abs(whole - Math.round(whole)) < 1e-6) return decimals
  }
  return MOST_DECIMALS
}

/** The y range: the lowest and highest in view with a little air. */
export function heightOf(low: number, high: number, unit: string): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [-1, 1]
  const inDb = unit.startsWith('dB')
  const least = inDb ? LEAST_DB : Math.max(Math.abs(low), Math.abs(high)) * LEAST_PART || 1
  const air = Math.max(0, least - (high - low)) / 2 + (high - low) * 0.05
  return [low - air, high + air]
}

/** A tick's number: with the decimals of its step, or short where that would be too many. */
function tick(split: number, step: number): string {
  return step < 10 ** -MOST_DECIMALS ? String(Number(split.toPrecision(4))) : split.toFixed(decimalsFor(step))
}

/** uPlot's options for curves over an axis: axes, cursor and box are its own, the curves are ours to draw. */
export function traceOptions(spec: TracePlotSpec): Omit<uPlot.Options, 'width' | 'height'> {
  const { colours } = spec
  const axis = (label: string, size: number): uPlot.Axis => ({
    label,
    size,
    labelSize: 18,
    labelGap: 0,
    labelFont: FONT,
    font: FONT,
    stroke: colours.text,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { stroke: colours.grid, width: 1, size: 4 },
    values: (_, splits, _axis, _space, step) => splits.map((split) => tick(split, step)),
  })
  return {
    legend: { show: false },
    padding: [8, 20, 0, 0],
    scales: { x: { time: false, auto: false }, y: { auto: false } },
    axes: [axis(spec.titles.x, 34), axis(spec.titles.y, 56)],
    // Curves may lie on axes of their own, which uPlot's one column of x cannot say.
    series: [{}, { show: false }],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      bind: {
        mousedown: (_, _target, handler) => (event) => (event.shiftKey ? handler(event) : null),
        dblclick: () => () => {
          spec.onreset()
          return null
        },
      },
    },
    hooks: {
      draw: [spec.ondraw],
      setCursor: [
        (u) => {
          const left = u.cursor.left ?? -1
          spec.oncursor(left < 0 ? undefined : u.posToVal(left, 'x'))
        },
      ],
      setSelect: [
        (u) => {
          if (u.select.width < BOX_LEAST_PX) return
          spec.onbox(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'))
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
    },
  }
}
