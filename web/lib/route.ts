/** The page's pages. */
export const PAGES = ['bench', 'traces', 'serial', 'people', 'audit', 'set-up', 'sign-in'] as const
export type PageName = (typeof PAGES)[number]

/** What the address bar asks for. */
export interface Route {
  page: PageName
  /** The key of a set-up link. */
  key?: string
}

/** The page that a location hash means, `#/set-up?key=...`; the bench for anything that means none. */
export function parseHash(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const page = PAGES.find((name) => name === path.replace(/\/$/, '')) ?? 'bench'
  const key = page === 'set-up' ? new URLSearchParams(query).get('key') : null
  return key === null ? { page } : { page, key }
}

/** The address of a page, for links. */
export function hrefOf(page: PageName): string {
  return page === 'bench' ? '#/' : `#/${page}`
}
