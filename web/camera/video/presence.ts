/** Who looks at another tab for a moment does not wait for the picture when they come back. */
const AWAY_AFTER_MS = 10_000

/** Says when nobody has seen this page for 10 s, and when somebody sees it again or the network has come back. The answer ends it. */
export function followPresence(away: () => void, back: () => void): () => void {
  const ended = new AbortController()
  const { signal } = ended
  let leaving: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    clearTimeout(leaving)
    if (document.visibilityState === 'visible') back()
    else leaving = setTimeout(away, AWAY_AFTER_MS)
  }
  document.addEventListener('visibilitychange', look, { signal })
  window.addEventListener('online', look, { signal })
  signal.addEventListener('abort', () => clearTimeout(leaving))
  return () => ended.abort()
}
