import { basePath } from '../../../shared/wire/base-path.ts'

const KEPT_AS = 'lightbench.kiosk.token'

interface Window {
  location: Pick<Location, 'pathname' | 'search' | 'hash'>
  history: Pick<History, 'replaceState'>
  sessionStorage: Pick<Storage, 'getItem' | 'setItem'>
}

/** What a display was opened with. */
export interface Entrance {
  view: string
  token: string | undefined
}

/**
 * Reads the view and the token from the address, `/kiosk/<view>?token=…` or `#token=…`, takes the token out of the address
 * bar, and keeps it for as long as the tab lives, so that the page finds it again when it is loaded anew.
 */
export function enter({ location, history, sessionStorage }: Window): Entrance {
  const view = decodeURIComponent(location.pathname.slice(basePath.length).split('/')[2] ?? '')
  const query = new URLSearchParams(location.search)
  const given = query.get('token') ?? new URLSearchParams(location.hash.slice(1)).get('token')
  query.delete('token')
  if (given !== null) {
    const rest = query.toString()
    history.replaceState(null, '', location.pathname + (rest === '' ? '' : `?${rest}`))
  }
  try {
    if (given !== null) sessionStorage.setItem(KEPT_AS, given)
    return { view, token: given ?? sessionStorage.getItem(KEPT_AS) ?? undefined }
  } catch {
    // A browser that keeps nothing has to be given the whole link each time.
    return { view, token: given ?? undefined }
  }
}
