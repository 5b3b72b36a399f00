import { basePath } from '../../shared/wire/base-path.ts'
import { connection } from './connection.svelte.ts'
import { get, post } from './post.ts'

// A connection is who it was when it was made: each of these makes a new one.

/** Signs this browser in. Throws `credentials.invalid` or `attempts.exceeded`; `factor.required` when a code is wanted besides. */
export async function signIn(name: string, password: string, code?: string): Promise<void> {
  await post(`${basePath}/api/sign-in`, { name, password, ...(code === undefined ? {} : { code }) })
  connection.renew()
}

/** What the lab's identity provider is called; undefined where there is none. */
export async function providerName(): Promise<string | undefined> {
  const { provider } = await get<{ provider?: string }>(`${basePath}/api/sign-in`)
  return provider
}

/** The address that signs this browser in at the identity provider, and comes back to this page. `anew`: it asks who is here even when it knows. */
export function providerHref(anew = false): string {
  const page = encodeURIComponent(window.location.hash.split('?', 1)[0] || '#/')
  return `${basePath}/api/oidc/start?page=${page}${anew ? '&anew=1' : ''}`
}

/** Signs this browser out. */
export async function signOut(): Promise<void> {
  try {
    await post(`${basePath}/api/sign-out`, {})
  } finally {
    // A session that has ended is over, though the disk may not have it yet.
    connection.renew()
  }
}

/** Makes the bench's first administrator, and signs this browser in as such. */
export async function setUp(key: string, name: string, password: string): Promise<void> {
  await post(`${basePath}/api/set-up`, { key, name, password })
  connection.renew()
}
