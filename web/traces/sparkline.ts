/**
 * An SVG path through the least and the most of each column, a unit of x each, the highest at 0 and the lowest at
 * `height`; it breaks where a column has no number.
 */
export function sparklinePath(least: Float32Array, most: Float32Array, height: number): string {
  let low = Infinity
  let high = -Infinity
  for (const value of least) if (value < low) low = value
  for (const value of most) if (value > high) high = value
  if (low > high) return ''
  const span = high - low || 1
  const y = (value: number): string => (((high - value) / span) * (height - 2) + 1).toFixed(1)
  let path = ''
  let drawing = false
  for (let x = 0; x < least.length; x++) {
    const bottom = least[x]!
    if (Number.isNaN(bottom)) {
      drawing = false
      continue
    }
    path += `${drawing ? 'L' : 'M'}${x} ${y(most[x]!)}L${x} ${y(bottom)}`
    drawing = true
  }
  return path
}
