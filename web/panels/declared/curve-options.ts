import type uPlot from 'uplot'
import type { PlotColours } from '../../plot/colours.ts'

const FONT = '12px system-ui, sans-serif'

/** uPlot's options for a trace over whatever axis it has. */
export function curveOptions(
  colours: PlotColours,
  colour: number,
  xUnit: string,
  yUnit: string,
): Omit<uPlot.Options, 'width' | 'height'> {
  const axis = (unit: string): uPlot.Axis => ({
    font: FONT,
    stroke: colours.text,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
    label: unit,
    labelFont: FONT,
    labelSize: 18,
    values: (_, splits) => splits.map((value) => String(Number(value.toPrecision(6)))),
  })
  return {
    legend: { show: false },
    padding: [8, 24, 0, 0],
    cursor: { drag: { x: true, y: false } },
    scales: { x: { time: false } },
    axes: [
      { ...axis(xUnit), size: 26 },
      { ...axis(yUnit), size: 64 },
    ],
    series: [
      {},
      {
        stroke: colours.channels[colour % colours.channels.length] ?? colours.text,
        width: 1.25,
        points: { show: false },
      },
    ],
  }
}
