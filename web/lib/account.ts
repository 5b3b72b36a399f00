import { basePath } from '../../shared/base-path.ts'
import { connection } from './connection.svelte.ts'
import { post } from './post.ts'

// A connection is who it was when it was made: each of these makes a new one.

/** Signs this browser in. Throws `credentials.invalid` or `attempts.exceeded`; `factor.required` when a code is wanted besides. */
export async function signIn(name: string, password: string, code?: string): Promise<void> {
  await post(`${basePath}/api/sign-in`, { name, password, ...(code === undefined ? {} : { code }) })
  connection.renew()
}

/** Signs this browser out. */
export async function signOut(): Promise<void> {
  await post(`${basePath}/api/sign-out`, {})
  connection.renew()
}

/** Makes the bench's first administrator, and signs this browser in as such. */
export async function setUp(key: string, name: string, password: string): Promise<void> {
  await post(`${basePath}/api/set-up`, { key, name, password })
  connection.renew()
}
