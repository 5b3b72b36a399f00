import type { SparkPoint } from './sparks.svelte.ts'

/**
 * An SVG path through numbers over time, the first at x = 0 and the last at `width`, the highest at 1 and the lowest at
 * `height` - 1; empty for fewer than two.
 */
export function sparkPath(points: readonly SparkPoint[], width: number, height: number): string {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last || points.length < 2) return ''
  let low = Infinity
  let high = -Infinity
  for (const { value } of points) {
    if (value < low) low = value
    if (value > high) high = value
  }
  const time = last.at - first.at || 1
  const span = high - low
  const y = (value: number): number => (span === 0 ? height / 2 : 1 + ((high - value) / span) * (height - 2))
  return points
    .map(
      ({ at, value }, i) =>
        `${i === 0 ? 'M' : 'L'}${(((at - first.at) / time) * width).toFixed(1)} ${y(value).toFixed(1)}`,
    )
    .join('')
}
