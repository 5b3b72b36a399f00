const WIDTH = 900
const HEIGHT = 360
const MARGIN = { left: 56, right: 150, top: 24, bottom: 40 }
const COLOURS = ['#2f6fde', '#0a8f6a', '#b7791f', '#c2306b']
const UNITS: Record<string, string> = { latency: 'ms' }

/** A picture (SVG) of numbers over minutes: a line for each member but `minute`. What is not a number leaves a gap. */
export function chart<Row extends { minute: number }>(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {}).filter((name) => name !== 'minute')
  const value = (row: Row, name: string): number => (row as unknown as Record<string, number>)[name] ?? NaN
  const finite = rows.flatMap((row) => names.map((name) => value(row, name))).filter(Number.isFinite)
  const most = niceCeiling(Math.max(1, ...finite))
  const minutes = Math.max(1, ...rows.map(({ minute }) => minute))
  const x = (minute: number): number =>
    MARGIN.left + (minute / minutes) * (WIDTH - MARGIN.left - MARGIN.right)
  const y = (of: number): number =>
    HEIGHT - MARGIN.bottom - (of / most) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const lines = names.map((name, i) => {
    const path = rows
      .map((row, at) => {
        const now = value(row, name)
        if (!Number.isFinite(now)) return ''
        const begins = at === 0 || !Number.isFinite(value(rows[at - 1] ?? row, name))
        return `${begins ? 'M' : 'L'}${x(row.minute).toFixed(1)} ${y(now).toFixed(1)}`
      })
      .join('')
    const last = finiteLast(rows.map((row) => value(row, name)))
    const label = `${name} ${last.toFixed(0)} ${UNITS[name] ?? 'MiB'}`
    return `<path d="${path}" fill="none" stroke="${COLOURS[i % COLOURS.length]}" stroke-width="1.8"/>
  <text x="${WIDTH - MARGIN.right + 10}" y="${MARGIN.top + 16 + i * 22}" fill="${COLOURS[i % COLOURS.length]}">${label}</text>`
  })
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = y(most * share).toFixed(1)
    return `<path d="M${MARGIN.left} ${at}H${WIDTH - MARGIN.right}" stroke="#8884"/>
  <text x="${MARGIN.left - 8}" y="${Number(at) + 4}" text-anchor="end">${most * share}</text>`
  })
  const ticks = Array.from({ length: 6 }, (_, i) => (minutes * i) / 5).map(
    (minute) =>
      `<text x="${x(minute)}" y="${HEIGHT - 16}" text-anchor="middle">${minute.toFixed(0)} min</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#777">
  ${[...grid, ...ticks, ...lines].join('\n  ')}
</svg>
`
}

function niceCeiling(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 4, 5, 8, 10].map((factor) => factor * step).find((nice) => nice >= value) ?? value
}

function finiteLast(values: readonly number[]): number {
  return values.filter(Number.isFinite).at(-1) ?? NaN
}
