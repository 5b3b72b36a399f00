const DAY_MS = 86_400_000
const GB = 1e9

/** How long and how much is kept; what is left out does not limit. */
export interface RetentionRules {
  keepDays?: number | undefined
  mostGB?: number | undefined
}

/** A file as the rules see it. */
export interface Aged {
  id: string
  takenAt: number
  bytes: number
  phase: string
  isKept: boolean
}

/**
 * Which of the files, oldest first, are to be deleted, and why: those that are too old, then the oldest until the rest
 * fits. What is tagged `keep`, and what still grows, stays, and counts among the `usedBytes`, which are those of all.
 */
export function overdue(
  files: readonly Aged[],
  { keepDays, mostGB }: RetentionRules,
  now: number,
  usedBytes: number,
): { id: string; why: string }[] {
  let used = usedBytes
  return files.flatMap(({ id, takenAt, bytes, phase, isKept }) => {
    if (isKept || phase === 'growing') return []
    const isOld = keepDays !== undefined && now - takenAt > keepDays * DAY_MS
    const isTooMuch = mostGB !== undefined && used > mostGB * GB
    if (!isOld && !isTooMuch) return []
    used -= bytes
    return [{ id, why: isOld ? `older than ${keepDays} days` : `the gallery held more than ${mostGB} GB` }]
  })
}
