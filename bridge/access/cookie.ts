const NAME = 'lightbench'
/** A browser takes a cookie of such a name only over TLS, for the whole host and no other (RFC 6265bis section 4.1.3). */
const SECURE_NAME = '__Host-lightbench'
const SECRET = /^[A-Za-z0-9_-]{43}$/

/** The session's secret in a Cookie header; undefined when there is none, or nothing that could be one. */
export function secretIn(header: string | undefined, secure: boolean): string | undefined {
  const wanted = secure ? SECURE_NAME : NAME
  for (const pair of (header ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2)
    if (name === wanted && SECRET.test(value)) return value
  }
  return undefined
}

/** The Set-Cookie header that gives a browser its session, or takes it away without a secret. */
export function cookieFor(secret: string | undefined, secure: boolean, mostMs: number): string {
  const life = secret === undefined ? 0 : Math.floor(mostMs / 1000)
  const parts = [`${secure ? SECURE_NAME : NAME}=${secret ?? ''}`, 'Path=/', 'HttpOnly', 'SameSite=Lax']
  return [...parts, `Max-Age=${life}`, ...(secure ? ['Secure'] : [])].join('; ')
}
