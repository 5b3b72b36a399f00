import type { ToWorker } from './watchdog.ts'
import type { WorkerScope } from './worker-scope.ts'

declare const self: WorkerScope

const CACHE = 'lightbench-kiosk'
/** Where the bridge's root is, behind a proxy; a worker is one file, and cannot share what others import. */
const basePath = self.location.pathname.replace(/\/[^/]*$/, '')
const BRIDGE_MS = 5000
/** A display in sight that has said nothing for so long has died. Browsers end an idle worker after 30 s: it has to be less. */
const SILENT_MS = 15_000
/** As long as one may take to begin. */
const LOADING_MS = 60_000

/** When each display has to have spoken again; cleared when it has. */
const watched = new Map<string, ReturnType<typeof setTimeout>>()

self.addEventListener('install', () => void self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('message', (event) => {
  const { source, data } = event
  if (!source) return
  forget(source.id)
  if (data === ('alive' satisfies ToWorker)) event.waitUntil(expectWord(source.id, SILENT_MS))
})

self.addEventListener('fetch', (event) => {
  const { request, resultingClientId } = event
  const { origin, pathname } = new URL(request.url)
  const isPage = request.mode === 'navigate'
  const mine = isPage || pathname.startsWith(`${basePath}/assets/`) || pathname === `${basePath}/icon.svg`
  if (request.method !== 'GET' || origin !== self.location.origin || !mine) return
  if (isPage && resultingClientId) event.waitUntil(expectWord(resultingClientId, LOADING_MS))
  event.respondWith(fromBridgeOrKept(request))
})

function forget(id: string): void {
  clearTimeout(watched.get(id))
  watched.delete(id)
}

/** Loads a display anew unless it speaks in time. A worker lives no longer than its events: this makes one last. */
function expectWord(id: string, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      watched.delete(id)
      revive(id).then(resolve, resolve)
    }, withinMs)
    watched.set(id, timer)
  })
}

/**
 * Loads a display anew, where the bridge answers. It helps a page that was never begun or whose timers are gone; one that
 * keeps its process busy, or whose process has gone, is out of a worker's reach in today's browsers.
 */
async function revive(id: string): Promise<void> {
  const client = await self.clients.get(id)
  if (client?.visibilityState !== 'visible') return
  const answer = await fetch(`${basePath}/health`, {
    signal: AbortSignal.timeout(BRIDGE_MS),
    cache: 'no-store',
  })
  if (answer.ok) await client.navigate(client.url)
}

/** Another page has other files: those of the one before are of no use to it, and would pile up. */
async function forgetOthers(cache: Cache, key: string, page: Response): Promise<void> {
  const before = await cache.match(key)
  if (before && (await before.text()) === (await page.text())) return
  for (const kept of await cache.keys()) await cache.delete(kept)
}

/** The page's own files from the bridge, or as they were last: a display that starts before the bridge does waits for it in its own words. */
async function fromBridgeOrKept(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  // The address may have a token in it, which is kept nowhere.
  const key = new URL(request.url).pathname
  try {
    const answer = await fetch(request)
    if (answer.ok) {
      if (request.mode === 'navigate') await forgetOthers(cache, key, answer.clone())
      await cache.put(key, answer.clone())
    }
    return answer
  } catch (error) {
    const kept = await cache.match(key)
    if (kept) return kept
    throw error
  }
}
