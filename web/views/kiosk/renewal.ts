import { basePath } from '../../../shared/wire/base-path.ts'

const DEADLINE_MS = 5000
const LEAST_BETWEEN_MS = 60_000
const KEPT_AS = 'lightbench.kiosk.renewedAt'

/** Loads the page anew, unless it did so a minute ago, and only where the bridge answers: a browser's own error page would be the end of the display. */
export async function renew(why: string): Promise<boolean> {
  const now = Date.now()
  if (now - lastRenewal() < LEAST_BETWEEN_MS) return false
  try {
    const answer = await fetch(`${basePath}/health`, {
      signal: AbortSignal.timeout(DEADLINE_MS),
      cache: 'no-store',
    })
    if (!answer.ok) return false
  } catch {
    return false
  }
  try {
    sessionStorage.setItem(KEPT_AS, String(now))
  } catch {
    // Then it may come more often than once a minute.
  }
  console.info(`loading the display anew: ${why}`)
  location.reload()
  return true
}

function lastRenewal(): number {
  try {
    return Number(sessionStorage.getItem(KEPT_AS) ?? 0)
  } catch {
    return 0
  }
}

/** The page as the bridge serves it now; undefined when it cannot be had. */
export async function servedPage(): Promise<string | undefined> {
  try {
    const answer = await fetch(location.pathname, {
      signal: AbortSignal.timeout(DEADLINE_MS),
      cache: 'no-store',
    })
    return answer.ok ? await answer.text() : undefined
  } catch {
    return undefined
  }
}

/** Whether the page that runs is not the one that is served any more; what is not known is no reason. */
export function isOutdated(
  before: { version: string | undefined; page: string | undefined },
  now: { version: string | undefined; page: string | undefined },
): boolean {
  const differ = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && a !== b
  return differ(before.version, now.version) || differ(before.page, now.page)
}
