import type { IncomingHttpHeaders } from 'node:http'
import { BenchError } from '../../shared/wire/errors.ts'

interface DoorOptions {
  /** Host names and addresses under which this bridge may be asked for, without ports. */
  names: readonly string[]
  /** Pages of other origins that may talk to it. */
  origins: readonly string[]
}

/**
 * Turns away what comes by a foreign name (DNS rebinding) or from a foreign page (one that is open in the operator's
 * own browser, which would send the operator's cookie along).
 */
export class Door {
  readonly #names: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>

  constructor({ names, origins }: DoorOptions) {
    this.#names = new Set(names.map((name) => name.toLowerCase()))
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()))
  }

  /** Throws `origin.foreign`, saying which header is at fault and what to configure. */
  require(headers: IncomingHttpHeaders): void {
    this.requireName(headers)
    if (!this.isForeign(headers)) return
    const page = (headers.origin ?? 'another site').slice(0, 80)
    throw new BenchError(
      'origin.foreign',
      `a page of ${page} may not talk to this bridge: open the bridge's own page, or add that origin to server.origins in bench.yaml`,
    )
  }

  /** Throws `origin.foreign` for what comes by a name that is not this bridge's. */
  requireName(headers: IncomingHttpHeaders): void {
    const host = headers.host ?? ''
    if (!this.#names.has(nameOf(host))) {
      throw new BenchError(
        'origin.foreign',
        `this bridge is not called "${host.slice(0, 80)}": use its own name, or add that one to server.names in bench.yaml`,
      )
    }
  }

  /** Whether a page of another origin has sent this. */
  isForeign(headers: IncomingHttpHeaders): boolean {
    const { origin, host = '' } = headers
    if (origin !== undefined) return !this.#isOwn(origin, host)
    return headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate'
  }

  #isOwn(origin: string, host: string): boolean {
    const lower = origin.toLowerCase()
    return this.#origins.has(lower) || (URL.canParse(origin) && new URL(origin).host === host.toLowerCase())
  }
}

/** The name in a Host header: without its port, IPv6 addresses without their brackets (RFC 9110 section 7.2). */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}
