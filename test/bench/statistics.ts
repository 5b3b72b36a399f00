/** The value below which the share `p` (0 to 1) of the values lies. NaN of none. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? NaN
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** To one decimal: more would claim what a noisy machine cannot give. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

/** Says on stderr how far a measurement has come. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}
