import { BenchError } from '../../shared/wire/errors.ts'
import { secretNamesIn, withNamedSecrets } from '../../shared/wire/secret-reference.ts'
import type { SendableSecret } from './named-secrets.ts'

/** Secrets by name. */
export type Secrets = Readonly<Record<string, SendableSecret>>

/** What goes to a host, and which. */
interface Place {
  /** `host` is with its port where that is not the usual one, as a URL has it. */
  to: Pick<URL, 'hostname' | 'port' | 'protocol'>
  secrets: Secrets
}

const USUAL_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** Throws `secret.refused` unless each of these secrets may be sent to the host. */
export function requireHost(names: Iterable<string>, { to, secrets }: Place): void {
  const port = to.port || (USUAL_PORTS[to.protocol] ?? '')
  const host = to.hostname.toLowerCase()
  for (const name of new Set(names)) {
    const hosts = secrets[name]?.hosts ?? []
    if (hosts.includes(host) || hosts.includes(`${host}:${port}`)) continue
    throw new BenchError(
      'secret.refused',
      `the secret "${name}" may not be sent to ${host || 'a page of no host'}: an administrator can allow it under Access`,
    )
  }
}

/** The text with the secrets in the place of their names. Throws `secret.refused` where one may not be sent to the host. */
export function filled(text: string, place: Place, encode: (value: string) => string = String): string {
  requireHost(secretNamesIn(text), place)
  return withNamedSecrets(text, (name) => encode(place.secrets[name]?.value ?? ''))
}

/** The same of an address, which names the host itself. Throws `secret.refused` for one whose host hangs on a secret. */
export function filledAddress(address: string, secrets: Secrets): string {
  const names = secretNamesIn(address)
  if (names.length === 0) return address
  const whole = withNamedSecrets(address, (name) => encodeURIComponent(secrets[name]?.value ?? ''))
  requireHost(names, { to: new URL(whole), secrets })
  return whole
}
