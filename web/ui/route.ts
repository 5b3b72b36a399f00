import type { Family } from '../../shared/wire/device.ts'

/** The page's pages. */
export const PAGES = [
  'bench',
  'traces',
  'gallery',
  'views',
  'watches',
  'diagnostics',
  'measure',
  'publish',
  'turret',
  'serial',
  'people',
  'audit',
  'set-up',
  'sign-in',
] as const
export type PageName = (typeof PAGES)[number]

/** What the address bar asks for. */
export interface Route {
  page: PageName
  /** The key of a set-up link. */
  key?: string
  /** The camera that is measured on, or published to. */
  camera?: string
  /** The turret that is operated. */
  turret?: string
  /** The device of the bench that is to be in sight. */
  device?: string
  /** The watch that is looked at. */
  watch?: string
}

/** The page that a location hash means, `#/set-up?key=...`; the bench for anything that means none. */
export function parseHash(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const [name, camera] = path.replace(/\/$/, '').split('/')
  if ((name === 'measure' || name === 'publish') && camera) return { page: name, camera }
  if (name === 'turret' && camera) return { page: name, turret: camera }
  if (name === 'bench' && camera) return { page: name, device: camera }
  if (name === 'watches' && camera) return { page: name, watch: camera }
  const page = PAGES.find((name) => name === path.replace(/\/$/, '')) ?? 'bench'
  const key = page === 'set-up' ? new URLSearchParams(query).get('key') : null
  return key === null ? { page } : { page, key }
}

/** The address of the page that measures on a camera's frames. */
export function measureHref(camera: string): string {
  return `#/measure/${camera}`
}

/** The address of the page that publishes to a camera. */
export function publishHref(camera: string): string {
  return `#/publish/${camera}`
}

/** The address of a turret's page. */
export function turretHref(turret: string): string {
  return `#/turret/${turret}`
}

/** The address where a device is operated: a turret's own page, or its place on the bench. */
export function deviceHref(id: string, family: Family): string {
  return family === 'turret' ? turretHref(id) : `#/bench/${id}`
}

/** The address of a watch; of all of them without one. */
export function watchHref(id?: string): string {
  return id === undefined ? '#/watches' : `#/watches/${id}`
}

/** The address of a page, for links. */
export function hrefOf(page: PageName): string {
  return page === 'bench' ? '#/' : `#/${page}`
}
