/** A host name or an IPv4 address, with its port or without. */
const HOST = /^([a-z0-9.-]+)(:\d+)?$/i

/**
 * What lets a page that was asked for at `host` post its stop to the guardian's own port: a source of the policy's
 * `connect-src` (CSP level 3, section 2.3.1), or nothing. Without a scheme it is the page's own, or its secure form.
 */
export function guardianSource(host: string | undefined, port: number | undefined): string {
  if (port === undefined) return ''
  const name = HOST.exec(host ?? '')?.[1]
  // The grammar has no IPv6 addresses: for those any host's port of that number has to do.
  return `${name ?? '*'}:${port}`
}
