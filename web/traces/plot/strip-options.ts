import type uPlot from 'uplot'
import type { PlotColours } from './colours.ts'

const FONT = '12px system-ui, sans-serif'
const SPAN_S = 60
/** Below this width, CSS px, the times of the axis would run into each other. */
const NARROW = 360
/** Below this a steady power would be drawn as a storm of noise. */
const LEAST_HEIGHT = 1

/** The y range: all that is in view, at least so high, with a little air. A least height of 0 is a thousandth of the values. */
export function stripRange(
  low: number | null,
  high: number | null,
  leastHeight = LEAST_HEIGHT,
): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [-1, 0]
  const least = leastHeight || Math.max(Math.abs(low), Math.abs(high)) / 1000 || LEAST_HEIGHT
  const missing = Math.max(0, least - (high - low)) / 2
  const air = Math.max(least, high - low) * 0.08
  return [low - missing - air, high + missing + air]
}

/** uPlot's options for the last minute of some channels, x in seconds before now. */
export function stripOptions(
  colours: PlotColours,
  columns: number,
  unit: string,
  look: {
    /** Which channel colour each line has; in order when left out. */
    order?: readonly number[] | undefined
    leastHeight?: number | undefined
    /** Room for the numbers of the axis, in CSS pixels. */
    axisWidth?: number | undefined
  } = {},
): Omit<uPlot.Options, 'width' | 'height'> {
  const axis: uPlot.Axis = {
    font: FONT,
    stroke: colours.text,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
  }
  return {
    legend: { show: false },
    padding: [8, 14, 0, 0],
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-SPAN_S, 0] },
      y: { range: (_, low, high) => stripRange(low, high, look.leastHeight) },
    },
    axes: [
      {
        ...axis,
        size: 26,
        splits: ({ width }) => (width < NARROW ? [-60, -30, 0] : [-60, -45, -30, -15, 0]),
        values: (_, splits) => splits.map((s) => (s === 0 ? 'now' : `${-s} s ago`)),
      },
      {
        ...axis,
        size: look.axisWidth ?? 56,
        space: 26,
        values: (_, splits) =>
          splits.map(
            (value, i) => `${Number(value.toPrecision(6))}${i === splits.length - 1 ? ` ${unit}` : ''}`,
          ),
      },
    ],
    series: [
      {},
      ...Array.from({ length: columns }, (_, i) => ({
        stroke: colours.channels[(look.order?.[i] ?? i) % colours.channels.length] ?? colours.text,
        width: 1.5,
        points: { show: false },
      })),
    ],
  }
}
