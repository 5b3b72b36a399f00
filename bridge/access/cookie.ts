const SECRET = /^[A-Za-z0-9_-]{43}$/

/** The cookies of one bench's sessions. Browsers keep one jar for all ports of a host: the name tells its benches apart. */
export class SessionCookie {
  readonly #name: string
  readonly #secure: boolean

  /** `bench`: the bench's own id. `secure`: browsers talk to the bench over TLS. */
  constructor(bench: string, secure: boolean) {
    // A browser takes a cookie of such a name only over TLS, for the whole host and no other (RFC 6265bis section 4.1.3).
    this.#name = `${secure ? '__Host-' : ''}lightbench-${bench}`
    this.#secure = secure
  }

  /** The session's secret in a Cookie header; undefined when there is none, or nothing that could be one. */
  secretIn(header: string | undefined): string | undefined {
    const value = this.valueIn(header, '')
    return value !== undefined && SECRET.test(value) ? value : undefined
  }

  /** What a cookie beside the session's, `suffix` behind its name, says in a Cookie header; undefined when there is none. */
  valueIn(header: string | undefined, suffix: string): string | undefined {
    for (const pair of (header ?? '').split(';')) {
      const [name, value = ''] = pair.trim().split('=', 2)
      if (name === this.#name + suffix) return value
    }
    return undefined
  }

  /** The Set-Cookie header of such a cookie, or one that takes it away without a value. */
  headerBeside(suffix: string, value: string | undefined, mostMs: number): string {
    return this.#header(this.#name + suffix, value, mostMs)
  }

  /** The Set-Cookie header that gives a browser its session, or takes it away without a secret. */
  header(secret: string | undefined, mostMs: number): string {
    return this.#header(this.#name, secret, mostMs)
  }

  #header(name: string, value: string | undefined, mostMs: number): string {
    const life = value === undefined ? 0 : Math.floor(mostMs / 1000)
    const parts = [`${name}=${value ?? ''}`, 'Path=/', 'HttpOnly', 'SameSite=Lax']
    return [...parts, `Max-Age=${life}`, ...(this.#secure ? ['Secure'] : [])].join('; ')
  }
}
