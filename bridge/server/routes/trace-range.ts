/** Part of a file, in bytes: [from, to]. */
export interface ByteRange {
  from: number
  to: number
}

/**
 * What a Range field asks for of `size` bytes (RFC 9110, section 14): one range of bytes, `unsatisfiable` when none of it
 * is there, and undefined, which is all of it, for several ranges and whatever else we need not understand.
 */
export function parseRange(field: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(field ?? '')
  if (!match) return undefined
  const [, first = '', last = ''] = match
  if (first === '') {
    if (last === '') return undefined
    const length = Number(last)
    if (length === 0 || size === 0) return 'unsatisfiable'
    return { from: Math.max(0, size - length), to: size - 1 }
  }
  const from = Number(first)
  const to = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < from) return undefined
  return from >= size ? 'unsatisfiable' : { from, to }
}

/** Whether a Range field counts: If-Range, when there is one, must name what is here (RFC 9110, section 13.1.5). */
export function rangeCounts(ifRange: string | undefined, etag: string, modified: Date): boolean {
  if (ifRange === undefined) return true
  if (/^(W\/)?"/.test(ifRange)) return ifRange === etag
  // HTTP's dates have no fractions of a second.
  return Date.parse(ifRange) === Math.floor(modified.getTime() / 1000) * 1000
}

/** Whether an If-None-Match field names what is here, by the weak comparison (RFC 9110, section 13.1.2). */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch?.trim() === '*') return true
  const tags = ifNoneMatch?.match(/(?:W\/)?"[^"]*"/g) ?? []
  return tags.some((tag) => tag.replace(/^W\//, '') === etag)
}
