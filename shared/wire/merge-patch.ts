/** A JSON object as topics hold it. Never null inside: in a merge patch null means 'gone' (RFC 7396). */
export type State = { [key: string]: unknown }

/** What may change of S: null removes a member, an array is replaced whole (RFC 7396 section 2). */
export type MergePatch<S> = { [K in keyof S]?: PatchValue<S[K]> | null }
type PatchValue<V> = V extends readonly unknown[] ? V : V extends object ? MergePatch<V> : V

function isObject(value: unknown): value is State {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The target with the patch applied, as a new object; parts that did not change are shared (RFC 7396 section 2). */
export function applyMergePatch<S extends object>(target: S, patch: object): S {
  const result: State = { ...(target as State) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) Reflect.deleteProperty(result, key)
    else if (isObject(value)) {
      const old = result[key]
      result[key] = applyMergePatch(isObject(old) ? old : {}, value)
    } else result[key] = value
  }
  return result as S
}

/** The smallest patch that turns `before` into `after`, or undefined when they are equal. */
export function diffMerge(before: object, after: object): State | undefined {
  const patch: State = {}
  const old = before as State
  const now = after as State
  for (const key of Object.keys(old)) if (old[key] !== undefined && now[key] === undefined) patch[key] = null
  for (const [key, value] of Object.entries(now)) {
    const was = old[key]
    if (value === was || value === undefined) continue
    if (isObject(value) && isObject(was)) {
      const inner = diffMerge(was, value)
      if (inner) patch[key] = inner
    } else if (JSON.stringify(value) !== JSON.stringify(was)) patch[key] = value
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}
