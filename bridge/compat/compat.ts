import type { Server } from 'node:http'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Logger } from '../core/log.ts'
import type { Door } from '../server/origin.ts'
import type { RequestGate } from '../server/request-gate.ts'
import type { Route } from '../server/route.ts'
import type { Identify } from '../server/who.ts'
import { type ApiParts, Ctp10Api } from './api.ts'
import { compatRoutes } from './routes.ts'
import { openCompatSockets } from './sockets.ts'

type CompatParts = Omit<ApiParts, 'id' | 'state'> & {
  /** The bench's CTP10 with its topic; the first is the one. */
  ctp10: Pick<ApiParts, 'id' | 'state'> | undefined
  version: string
  /** The file that browsers get at the root. */
  page: string
}

/** The routes and WebSockets of exfo-ctp10-api at the root of the bridge. Throws `config.invalid` on a bench without a CTP10. */
export class Compat {
  readonly routes: Route[]
  readonly #api: Ctp10Api

  constructor({ ctp10, version, page, ...parts }: CompatParts) {
    if (!ctp10) {
      const message =
        'compat: exfo-ctp10-api needs a CTP10: add a device with driver instrument.exfo-ctp10, or leave compat out'
      throw new BenchError('config.invalid', message)
    }
    this.#api = new Ctp10Api({ ...parts, ...ctp10 })
    this.routes = compatRoutes(this.#api, version, page)
  }

  /** Serves the WebSockets on the bridge's HTTP server, until disposed of. */
  listen(options: {
    http: Server
    door: Door
    identify: Identify
    gate: RequestGate
    log: Logger
  }): AsyncDisposable {
    const sockets = openCompatSockets({ ...options, api: this.#api })
    return {
      [Symbol.asyncDispose]: async () => {
        this.#api[Symbol.dispose]()
        await sockets[Symbol.asyncDispose]()
      },
    }
  }
}
