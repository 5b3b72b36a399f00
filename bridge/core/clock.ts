/** Wall time in ms since the epoch with fractions, as one clock for all processes of a machine: Date.now() has whole ms only. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now()
}
