import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchState } from '../../shared/bench/bench.ts'
import type { DeviceBase } from '../../shared/wire/device.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { InstrumentState } from '../../shared/instrument/instrument.ts'
import type { Access } from '../access/access.ts'
import { KnownBrowsers } from '../access/known-browsers.ts'
import { OidcProvider } from '../access/oidc.ts'
import { Compat } from '../compat/compat.ts'
import type { BenchConfig } from './config.ts'
import type { Control } from '../control/control.ts'
import { isLoopback } from '../core/loopback.ts'
import type { Logger } from '../core/log.ts'
import type { Topic } from '../core/topic.ts'
import { TrustedProxies } from '../core/trusted-proxies.ts'
import type { ViewerIds } from '../core/viewer-ids.ts'
import type { openDiagnostics } from '../diagnostics/open.ts'
import { localRoleOf } from './local-role.ts'
import type { openMedia } from '../sfu/media.ts'
import { benchRoutes } from './bench-routes.ts'
import { ownNames } from '../server/address.ts'
import type { Call, Commands, FindDevice } from '../server/call.ts'
import type { Feeds } from '../server/feeds.ts'
import { createHttp } from '../server/http.ts'
import { Door } from '../server/origin.ts'
import type { Refusals } from '../server/refusals.ts'
import { openSocket } from '../server/socket.ts'
import type { readTls } from '../server/tls.ts'
import type { Identify } from '../server/who.ts'
import type { Lines } from '../instrument/share/lines.ts'
import type { Audit } from '../access/audit.ts'
import type { Gallery } from '../gallery/gallery.ts'
import type { TraceStore } from '../traces/traces.ts'
import type { Watches } from '../watches/watches.ts'

/** All that the doorway leads to. */
export interface Inside {
  config: BenchConfig
  version: string
  tls: Awaited<ReturnType<typeof readTls>> | undefined
  /** Whether pages are served over TLS, by the bridge or by what stands before it. */
  secure: boolean
  sessionMostMs: number
  access: Access
  audit: Audit
  auditOf: (call: Call) => void
  refusals: Refusals
  control: Control
  doors: Commands
  device: FindDevice
  feeds: Feeds
  bench: Topic<BenchState>
  topicOf: (id: string) => Topic<DeviceBase> | undefined
  media: Awaited<ReturnType<typeof openMedia>>
  viewers: ViewerIds
  traces: TraceStore
  gallery: Gallery
  lines: Lines
  diagnostics: ReturnType<typeof openDiagnostics>
  watches: Watches
  log: Logger
}

/** Where pages, sockets and scripts come in, until it is disposed of. */
export interface Doorway extends AsyncDisposable {
  url: string
  /** Sockets that are open. */
  readonly connections: number
}

/** Begins to listen, for the page, REST and sockets. Rejects with `config.invalid` when the port is taken. */
export async function openDoorway(inside: Inside): Promise<Doorway> {
  await using opening = new AsyncDisposableStack()
  const {
    config,
    version,
    tls,
    secure,
    access,
    control,
    doors,
    device,
    feeds,
    bench,
    refusals,
    topicOf,
    viewers,
    log,
  } = inside
  const { server } = config
  const door = new Door({ names: [...ownNames(server.host), ...server.names], origins: server.origins })
  const identify = identifyBy(access, server)
  const browsers = KnownBrowsers.open(join(config.dataDir, 'browsers.key'), secure, log)
  const pageDir = fileURLToPath(new URL('../../web/dist', import.meta.url))
  const first = config.devices.find(({ driver }) => driver.kind === 'instrument.exfo-ctp10')
  const compat =
    config.compat &&
    new Compat({
      ctp10: first && { id: first.id, state: topicOf(first.id) as Topic<InstrumentState> },
      version,
      page: join(pageDir, 'index.html'),
      doors,
      device,
      control: control.topic,
      findStream: (name) => feeds.findStream(name),
      stillThere: (caller) => control.lease.active(caller),
    })
  const { server: http, gate } = createHttp({
    pageDir,
    routes: benchRoutes({
      ...{ ...inside, pageDir, browsers, compat: compat?.routes ?? [] },
      provider: server.oidc && new OidcProvider(server.oidc, log.child({ part: 'oidc' })),
    }),
    door,
    identify,
    proxies: new TrustedProxies(server.trustedProxies),
    refusals,
    tls,
    guardianPort: () => {
      const { port, path } = bench.value.guardian
      // On a path it is of the page's own origin.
      return path === undefined ? port : undefined
    },
    log,
  })
  const socket = opening.use(
    openSocket({
      http,
      version,
      doors,
      feeds,
      device,
      cameraTopic: topicOf,
      viewers,
      door,
      identify,
      gate,
      connectionsPerAddress: server.connectionsPerAddress,
      lease: control.lease,
      log,
    }),
  )
  if (compat) {
    opening.use(compat.listen({ http, door, identify, gate, log }))
  }
  opening.defer(() => http.closeAllConnections())
  http.listen(server.port, server.host)
  await once(http, 'listening').catch((cause: unknown) => {
    const message = `cannot listen on ${server.host}:${server.port} (${String(cause)}): is another bench running? Choose another with --port`
    throw new BenchError('config.invalid', message, { cause })
  })
  const { address, port, family } = http.address() as AddressInfo
  const url = `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  const open = opening.move()
  return {
    url,
    get connections() {
      return socket.connections
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** By session or token; on loopback, and when nothing else speaks for them, whoever sits at this machine. */
function identifyBy(access: Access, server: BenchConfig['server']): Identify {
  const local = localRoleOf(server)
  return ({ cookie, authorization, address, isFromElsewhere = false }) => {
    const known = access.identify(cookie, authorization)
    const mayBeLocal = authorization === undefined && local !== undefined && !isFromElsewhere
    if (known || !mayBeLocal || !isLoopback(address)) return known
    return { name: 'local', role: local, via: 'local', key: 'local' }
  }
}
