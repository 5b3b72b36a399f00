import type { Route } from '../server/route.ts'
import type { Ctp10Api } from './api.ts'
import { connectionRoutes } from './connection-routes.ts'
import { detectorRoutes } from './detector-routes.ts'
import { measurementRoutes } from './measurement-routes.ts'
import { rlaserRoutes } from './rlaser-routes.ts'
import { tlsRoutes } from './tls-routes.ts'
import { traceRoutes } from './trace-routes.ts'

/** Every route of exfo-ctp10-api, at the root as there. `page` is what browsers get at `/`. */
export function compatRoutes(api: Ctp10Api, version: string, page: string): Route[] {
  return [
    ...connectionRoutes(api, version, page),
    ...detectorRoutes(api),
    ...traceRoutes(api),
    ...measurementRoutes(api),
    ...tlsRoutes(api),
    ...rlaserRoutes(api),
  ]
}
