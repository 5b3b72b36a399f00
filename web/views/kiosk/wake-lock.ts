const RETRY_MS = 30_000

/** Keeps the display awake for as long as the page is in sight; where the browser has no wake lock, or no TLS, it does nothing. */
export function keepAwake(): void {
  let held: WakeLockSentinel | undefined
  const take = async (): Promise<void> => {
    if (document.visibilityState !== 'visible' || (held && !held.released)) return
    try {
      held = await navigator.wakeLock.request('screen')
    } catch {
      // Refused, for an empty battery for one: it is asked for again.
    }
  }
  if (!('wakeLock' in navigator)) return
  // The browser takes it away with the page's sight.
  document.addEventListener('visibilitychange', () => void take())
  setInterval(() => void take(), RETRY_MS)
  void take()
}
