/**
 * Calls `tick` every so often, also while the page is hidden: a browser slows the timers of a page that nobody sees to one
 * a second or a minute, and those of its workers not at all. Ends with the answer.
 */
export function steadyTicks(everyMs: number, tick: () => void): () => void {
  const worker = new Worker(new URL('./tick-worker.ts', import.meta.url), { type: 'module' })
  worker.onmessage = tick
  // Better a timer that may be slow than none.
  let slow: ReturnType<typeof setInterval> | undefined
  worker.onerror = () => (slow ??= setInterval(tick, everyMs))
  worker.postMessage(everyMs)
  return () => {
    worker.terminate()
    clearInterval(slow)
  }
}
