import { basePath } from '../../../shared/wire/base-path.ts'
import { renew } from './renewal.ts'

/** What a display tells its service worker: that it runs, or that it is out of sight, where timers may sleep. */
export type ToWorker = 'alive' | 'resting'

const PING_EVERY_MS = 3000
const LOOK_EVERY_MS = 2000
/** No frame drawn for so long, though the page is in sight: the drawing hangs. */
const NO_FRAME_MS = 15_000

/** Loads the page anew when it is drawn no more, and lets the service worker do so when the page does not even run. */
export function startWatchdog(): void {
  watchFrames()
  void pingWorker()
}

function watchFrames(): void {
  let drawnAt = performance.now()
  const drawn = (): void => {
    drawnAt = performance.now()
    // Once a second is enough: a callback each frame would keep the machine busy for nothing.
    setTimeout(() => requestAnimationFrame(drawn), 1000)
  }
  requestAnimationFrame(drawn)
  let lookedAt = performance.now()
  setInterval(() => {
    const now = performance.now()
    // A machine that slept, or a page that was out of sight, drew nothing by right.
    const slept = now - lookedAt > 2 * LOOK_EVERY_MS || document.visibilityState !== 'visible'
    lookedAt = now
    if (slept) drawnAt = now
    if (now - drawnAt > NO_FRAME_MS) void renew('nothing was drawn for 15 s')
  }, LOOK_EVERY_MS)
}

async function pingWorker(): Promise<void> {
  // Only over TLS or on the machine itself does a browser have service workers.
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  try {
    await navigator.serviceWorker.register(`${basePath}/kiosk-worker.js`, { scope: `${basePath}/kiosk/` })
    const { active } = await navigator.serviceWorker.ready
    const say = (message: ToWorker): void => active?.postMessage(message)
    const ping = (): void => say(document.visibilityState === 'visible' ? 'alive' : 'resting')
    ping()
    setInterval(ping, PING_EVERY_MS)
    document.addEventListener('visibilitychange', ping)
    window.addEventListener('pagehide', () => say('resting'))
  } catch (error) {
    console.warn('the display goes without its service worker', error)
  }
}
