import { connection } from '../../link/connection.svelte.ts'
import { msUntilHour } from './display.ts'
import { isOutdated, renew, servedPage } from './renewal.ts'

const LOOK_EVERY_MS = 60_000
const SIGN_IN_EVERY_MS = 30_000
/** Once a day, when nobody looks, the page is loaded anew: whatever has piled up in a browser by then is gone. */
const DAILY_AT_HOUR = 4

interface Build {
  version: string | undefined
  page: string | undefined
}

/** Loads the page anew when the bridge has another version or serves another page, and once a day. Called by a component. */
export function followBuild(): void {
  let first: Build = { version: undefined, page: undefined }
  const look = async (version: string | undefined): Promise<void> => {
    const now = { version, page: await servedPage() }
    first = { version: first.version ?? now.version, page: first.page ?? now.page }
    if (isOutdated(first, now)) await renew('the bridge has another version')
  }
  const version = $derived(connection.me?.version)
  $effect(() => {
    if (connection.live === undefined) return
    const known = version
    void look(known)
    const timer = setInterval(() => void look(known), LOOK_EVERY_MS)
    return () => clearInterval(timer)
  })
  $effect(() => {
    let timer: ReturnType<typeof setTimeout>
    const again = (): void => {
      timer = setTimeout(
        () => void renew('it is done once a day').then(again),
        msUntilHour(DAILY_AT_HOUR, Date.now()),
      )
    }
    again()
    return () => clearTimeout(timer)
  })
}

/** Tries again to be let in: a token may have been wrong for a moment only, while a bridge was set up anew. */
export function retrySignIn(): void {
  $effect(() => {
    if (connection.state !== 'signed-out') return
    const timer = setTimeout(() => connection.renew(), SIGN_IN_EVERY_MS)
    return () => clearTimeout(timer)
  })
}
