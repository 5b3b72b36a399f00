import type { KnownBrowsers } from '../access/known-browsers.ts'
import type { OidcProvider } from '../access/oidc.ts'
import { diagnosticsRoutes } from '../diagnostics/routes.ts'
import type { Inside } from './doorway.ts'
import type { Route } from '../server/route.ts'
import { accessRoutes } from '../server/routes/access.ts'
import { auditRoutes } from '../server/routes/audit.ts'
import { commandRoutes } from '../server/routes/commands.ts'
import { estopRoute, estopTicketRoute } from '../server/routes/estop.ts'
import { mediaExchangeRoutes } from '../server/routes/exchange.ts'
import { healthRoute } from '../server/routes/health.ts'
import { kioskRoute } from '../server/routes/kiosk.ts'
import { mediaRoutes } from '../server/routes/media-files.ts'
import { stillRoutes } from '../server/routes/media-still.ts'
import { mjpegRoute } from '../server/routes/mjpeg.ts'
import { traceRoutes } from '../server/routes/traces.ts'

interface RouteParts extends Inside {
  browsers: KnownBrowsers
  /** The lab's identity provider, where there is one. */
  provider: OidcProvider | undefined
  /** Where the page's files are. */
  pageDir: string
  /** The routes of another program's API, where the bench has them. */
  compat: readonly Route[]
}

/** Every route of the bridge: whoever wants to know what can be asked over HTTP, and by whom, finds it here. */
export function benchRoutes(parts: RouteParts): Route[] {
  const {
    access,
    audit,
    auditOf,
    bench,
    browsers,
    compat,
    config,
    device,
    diagnostics,
    doors,
    gallery,
    lines,
  } = parts
  const { media, pageDir, provider, secure, sessionMostMs, traces, version, watches } = parts
  return [
    // Before the bridge's own, of which `/health` is one.
    ...compat,
    ...commandRoutes(doors, version),
    ...accessRoutes({ access, browsers, provider, secure, sessionMostMs, audit: auditOf }),
    ...auditRoutes(audit),
    ...lines.routes,
    estopRoute(doors),
    estopTicketRoute(doors),
    healthRoute(bench),
    ...traceRoutes({ traces, audit: auditOf }),
    ...mediaRoutes(gallery),
    ...stillRoutes(device),
    mjpegRoute(device),
    ...mediaExchangeRoutes(media, { device, iceServers: config.media.iceServers, audit: auditOf }),
    kioskRoute(pageDir),
    ...diagnosticsRoutes(diagnostics),
    ...watches.routes,
  ]
}
