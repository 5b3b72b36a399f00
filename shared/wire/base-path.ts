/**
 * Where the bridge's own root is, as a page sees it: empty, or `/bench` behind a proxy that serves the bridge there. The
 * proxy takes it away again, so the bridge itself knows nothing of it: there it is always empty.
 */
export const basePath = basePathOf(
  (globalThis as { location?: { pathname?: string } }).location?.pathname ?? '/',
)

/** The same of one address: of the page, of a display (`/kiosk/<view>`), or of a worker among the assets. */
export function basePathOf(pathname: string): string {
  return pathname.replace(/(?:\/kiosk\/[^/]*|\/assets\/[^/]*|\/[^/]*)$/, '')
}
