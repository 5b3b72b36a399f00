import type { IncomingHttpHeaders } from 'node:http'
import { BenchError } from '../../shared/errors.ts'

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
    const host = headers.host ?? ''
    if (!this.#names.has(nameOf(host))) {
      throw new BenchError(
        'origin.foreign',
        `this bridge is not called "${host.slice(0, 80)}": use its own name, or add that one to server.names in bench.yaml`,
      )
    }
    const { origin } = headers
    const site = headers['sec-fetch-site']
    const foreign =
      origin === undefined
        ? site === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate'
        : !this.#isOwn(origin, host)
    if (foreign) {
      throw new BenchError(
        'origin.foreign',
        `a page of ${(origin ?? 'another site').slice(0, 80)} may not talk to this bridge: open the bridge's own page, or add that origin to server.origins in bench.yaml`,
      )
    }
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
