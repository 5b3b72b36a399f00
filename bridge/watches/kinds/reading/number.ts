/** A number's condition, as readings and pages have it. */
type NumberCondition =
  | { is: 'above'; limit: number; clearAt?: number | undefined }
  | { is: 'below'; limit: number; clearAt?: number | undefined }
  | { is: 'outside'; min: number; max: number }

/** Why the number is as it should not be; undefined when it is well. One that is failing stays so until it is past `clearAt`. */
export function numberAlarm(value: number, condition: NumberCondition, failing: boolean): string | undefined {
  if (condition.is === 'outside') {
    const { min, max } = condition
    if (value < min) return `${shown(value)} is below ${shown(min)}`
    return value > max ? `${shown(value)} is above ${shown(max)}` : undefined
  }
  const { limit, clearAt = limit } = condition
  const at = failing ? clearAt : limit
  if (condition.is === 'above') return value > at ? `${shown(value)} is above ${shown(at)}` : undefined
  return value < at ? `${shown(value)} is below ${shown(at)}` : undefined
}

export function shown(value: number): string {
  return String(Number(value.toPrecision(6)))
}
