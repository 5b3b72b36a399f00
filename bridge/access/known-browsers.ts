import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Logger } from '../core/log.ts'

const KEY_BYTES = 32
/** Browsers keep a cookie no longer than this (RFC 6265bis section 5.5). */
const DAYS = 400
const VALUE = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/

/**
 * Device cookies (OWASP, "Slow down online guessing attacks with device cookies"): a browser in which somebody has
 * signed in before is told from strangers who guess at the same account. Such a cookie opens nothing; it stays when
 * its owner signs out.
 */
export class KnownBrowsers {
  readonly #key: Buffer
  readonly #secure: boolean
  readonly #cookie: string

  /** `secure`: browsers talk to the bridge over TLS. */
  constructor(key: Buffer, secure: boolean) {
    this.#key = key
    this.#secure = secure
    // Benches on one host share its cookies, and each has its own.
    const bench = createHash('sha256').update(key).digest('hex').slice(0, 8)
    this.#cookie = `${secure ? '__Host-' : ''}lightbench-browser-${bench}`
  }

  /** The same with the key in `file`, which is made when it is missing. Without a key on disk browsers are known until the bridge ends. */
  static open(file: string, secure: boolean, log: Logger): KnownBrowsers {
    try {
      const key = readFileSync(file)
      if (key.length === KEY_BYTES) return new KnownBrowsers(key, secure)
    } catch {
      // It is made below.
    }
    const key = randomBytes(KEY_BYTES)
    try {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, key, { mode: 0o600 })
    } catch (error) {
      log.warn(
        { error, file },
        'the key of known browsers cannot be kept: they are strangers after a restart',
      )
    }
    return new KnownBrowsers(key, secure)
  }

  /** The Set-Cookie header by which a browser is known as one of this account's from now on. */
  cookieFor(account: string): string {
    const id = randomBytes(16).toString('base64url')
    const parts = [
      `${this.#cookie}=${id}.${this.#sign(account, id).toString('base64url')}`,
      'Path=/',
      'HttpOnly',
      'SameSite=Lax',
      `Max-Age=${DAYS * 86_400}`,
    ]
    return [...parts, ...(this.#secure ? ['Secure'] : [])].join('; ')
  }

  /** The id of the browser that a Cookie header tells, when it is one of this account's. */
  find(header: string | undefined, account: string): string | undefined {
    for (const pair of (header ?? '').split(';')) {
      const [name, value = ''] = pair.trim().split('=', 2)
      const [, id, signature] = name === this.#cookie ? (VALUE.exec(value) ?? []) : []
      if (id === undefined || signature === undefined) continue
      if (timingSafeEqual(Buffer.from(signature, 'base64url'), this.#sign(account, id))) return id
    }
    return undefined
  }

  #sign(account: string, id: string): Buffer {
    return createHmac('sha256', this.#key).update(`${id}\n${account}`).digest()
  }
}
