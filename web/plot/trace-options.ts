import type uPlot from 'uplot'
import type { PlotColours } from './colours.ts'

/** What a trace plot is drawn with, and whom it tells. */
interface TracePlotSpec {
  colours: PlotColours
  /** The channel's colour, counted from 0. */
  colour: number
  unit: string
  oncursor: (nm: number | undefined, value: number | null | undefined) => void
  onbox: (fromNm: number, toNm: number) => void
  onreset: () => void
}

const FONT = '12px system-ui, sans-serif'
/** Below this a flat trace would be drawn as a wall of noise. */
const LEAST_HEIGHT = 0.02
const BOX_LEAST_PX = 4

/** How far apart the decimals of an axis must be so that neighbouring ticks read differently. */
function decimalsFor(step: number): number {
  return Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)))
}

/** The y range: the lowest and highest in view with a little air. */
export function heightOf(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [-1, 1]
  const air = Math.max(0, LEAST_HEIGHT - (high - low)) / 2 + (high - low) * 0.05
  return [low - air, high + air]
}

/** uPlot's options for one trace over wavelength; size and data come later. */
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
    values: (_, splits, _axis, _space, step) => splits.map((split) => split.toFixed(decimalsFor(step))),
  })
  return {
    legend: { show: false },
    padding: [8, 10, 0, 0],
    scales: { x: { time: false, auto: false }, y: { range: (_, low, high) => heightOf(low, high) } },
    axes: [axis('Wavelength (nm)', 34), axis(spec.unit, 56)],
    series: [
      {},
      {
        stroke: colours.channels[spec.colour % colours.channels.length] ?? colours.text,
        width: 1.25,
        points: { show: false },
      },
    ],
    cursor: {
      y: false,
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
      setCursor: [
        (u) => {
          const i = u.cursor.idx
          const inside = (u.cursor.left ?? -1) >= 0
          if (!inside || i === null || i === undefined) spec.oncursor(undefined, undefined)
          else spec.oncursor(u.data[0][i], u.data[1]?.[i])
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
