import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const LASTS_MS = 10 * 60_000
const STATE_BYTES = 32
/** What a page's address has after the `#`. */
const PAGE = /^#\/[\w/.-]{0,100}$/

/** Nothing is kept of those who have begun to sign in: what they bring back is told by this. Another one with each start. */
const key = randomBytes(32)

/** One sign-in at the identity provider, as the browser that has begun it brings it back. */
export interface SignInRequest {
  state: string
  nonce: string
  verifier: string
  /** Where the page goes then: what its address has after the `#`. */
  page: string
  /** The provider was to ask anew who it is. */
  anew: boolean
}

/** Begins one. The cookie tells nothing of the verifier and the nonce. */
export function newRequest(page: string, anew: boolean): SignInRequest & { cookie: string } {
  const state = randomBytes(STATE_BYTES).toString('base64url')
  const body = Buffer.from(
    JSON.stringify([state, Date.now() + LASTS_MS, PAGE.test(page) ? page : '#/', anew]),
  ).toString('base64url')
  return { ...requestOf(state, page, anew), cookie: `${body}.${seal(body)}` }
}

/** The request that a cookie brings back; undefined for none of ours, and for one that is too old. */
export function readRequest(cookie: string | undefined): SignInRequest | undefined {
  const [body = '', sealed = ''] = (cookie ?? '').split('.')
  const [given, wanted] = [Buffer.from(sealed), Buffer.from(seal(body))]
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
  const [state, until, page, anew] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [
    ...[string, number, string, boolean],
  ]
  return Date.now() < until ? requestOf(state, page, anew) : undefined
}

function requestOf(state: string, page: string, anew: boolean): SignInRequest {
  return { state, nonce: derive('nonce', state), verifier: derive('verifier', state), page, anew }
}

const seal = (body: string): string => derive('cookie', body)

/** 43 characters, as RFC 7636 section 4.1 wants of a verifier at least. */
function derive(what: string, from: string): string {
  return createHmac('sha256', key).update(`${what}\n${from}`).digest('base64url')
}
