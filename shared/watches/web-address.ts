import { z } from 'zod'
import { isReference } from '../wire/secret-reference.ts'
import { secret, type Mask } from '../wire/secret.ts'

const PARTS = /^(https?:\/\/)([^/\\?#]+)([^?#]*)(\?[^#]*)?(#.*)?$/i
const USER = /^((?:\$\{[^}]*\}|[^:])*)(?::(.*))?$/

/**
 * The secrets of a web address: who signs in, the values of its query, and what follows the `#`. An address that is not
 * plainly one is secret as a whole: another program may read it differently.
 */
const inAddress: Mask = (text, hide) => {
  const hidden = (part: string): string => (part === '' || isReference(part) ? part : hide(part))
  const [, scheme, authority = '', path = '', query = '', fragment = ''] = PARTS.exec(text) ?? []
  if (scheme === undefined) return hidden(text)
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? '' : userShown(authority.slice(0, at), hidden)
  const values = query
    .slice(1)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return pair.slice(0, equals + 1) + hidden(pair.slice(equals + 1))
    })
  return [
    scheme,
    at < 0 ? authority : user + authority.slice(at),
    path,
    query === '' ? '' : `?${values.join('&')}`,
    fragment === '' ? '' : `#${hidden(fragment.slice(1))}`,
  ].join('')
}

function userShown(user: string, hidden: (part: string) => string): string {
  const [, name = '', password] = USER.exec(user) ?? []
  return password === undefined ? hidden(name) : `${hidden(name)}:${hidden(password)}`
}

/** An address of a web page: who signs in there, and the values of its query, are secret. */
export const webAddress = secret(
  z.url({ protocol: /^https?$/, error: 'an address begins with http:// or https://' }).max(2000),
  inAddress,
)

/** An address as it may be shown: `https://…@host/path?token=…`. */
export function addressShown(address: string): string {
  return inAddress(address, () => '…')
}
