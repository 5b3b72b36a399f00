import type { Context } from 'koa'

/** Whether a path is one that pages of other origins may ask for, with a token of their own. */
export function isExchange(path: string): boolean {
  return /^\/(whip|whep)\//.test(path)
}

/** Lets pages of any origin read the answer, whatever it is (RFC 9725 section 4.7). */
export function openToPages(context: Context): void {
  context.set('Access-Control-Allow-Origin', '*')
  context.set('Access-Control-Expose-Headers', 'Location, Link, ETag, Accept-Patch, WWW-Authenticate')
}
