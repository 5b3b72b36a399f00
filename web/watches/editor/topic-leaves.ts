/** The paths, with dots, of all numbers, texts and switches in a state. */
export function leavesOf(state: object, before = ''): string[] {
  return Object.entries(state).flatMap(([name, value]: [string, unknown]) => {
    if (!/^[\w-]+$/.test(name) || value === null || Array.isArray(value)) return []
    return typeof value === 'object' ? leavesOf(value, `${before}${name}.`) : [`${before}${name}`]
  })
}
