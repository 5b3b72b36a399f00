import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchState } from '../shared/bench.ts'
import type { DeviceBase, Family } from '../shared/device.ts'
import { BenchError } from '../shared/errors.ts'
import type { InstrumentState } from '../shared/instrument.ts'
import { powerStream } from '../shared/streams.ts'
import { type TopicKind, topicName, type TopicState } from '../shared/topics.ts'
import { Access } from './access/access.ts'
import { Compat } from './compat/compat.ts'
import type { BenchConfig, DeviceConfig } from './config.ts'
import { Control } from './control/control.ts'
import type { Handlers } from './core/device.ts'
import type { Logger } from './core/log.ts'
import { Stream } from './core/stream.ts'
import { Supervisor } from './core/supervisor.ts'
import { Topic } from './core/topic.ts'
import { keeperOf } from './core/trace-keeper.ts'
import { openMedia } from './media/media.ts'
import { addressOf, isLoopback, ownNames } from './server/address.ts'
import { auditCall, auditDeed } from './server/audit-line.ts'
import { type Call, Commands, type FindDevice } from './server/call.ts'
import { Feeds } from './server/feeds.ts'
import { createHttp } from './server/http.ts'
import { Door } from './server/origin.ts'
import { accessRoutes } from './server/routes/access.ts'
import { auditRoutes } from './server/routes/audit.ts'
import { commandRoutes } from './server/routes/commands.ts'
import { estopRoute } from './server/routes/estop.ts'
import { healthRoute } from './server/routes/health.ts'
import { mjpegRoute } from './server/routes/mjpeg.ts'
import { traceRoutes } from './server/routes/traces.ts'
import { openSocket } from './server/socket.ts'
import { Lines } from './share/lines.ts'
import { readTls } from './server/tls.ts'
import type { Identify } from './server/who.ts'
import { Simulator } from './simulators.ts'
import { Audit } from './store/audit.ts'
import { databaseFile, openDatabase } from './store/sqlite.ts'
import { TraceStore } from './store/traces.ts'

const HOUR_MS = 3_600_000
const root = new URL('..', import.meta.url)

/** A running bench. Disposing of it closes everything, in the reverse of the order in which it was opened. */
export interface Bench extends AsyncDisposable {
  url: string
  /** Where the first administrator comes in, once; undefined on a bench that has users. */
  setupUrl: string | undefined
  /** Process ids of the mediasoup workers, for diagnostics. */
  workerPids(): number[]
}

/** Opens everything: store, SFU, simulators, devices, and last the door. Rejects when the port is taken or the SFU cannot be had. */
export async function openBench(config: BenchConfig, signal: AbortSignal, log: Logger): Promise<Bench> {
  await using opening = new AsyncDisposableStack()
  const { server } = config
  const tls = server.tls && (await readTls(server.tls))
  const secure = tls !== undefined || server.behindProxy
  const version = await packageVersion()
  const feeds = new Feeds()
  const bench = feeds.addTopic(
    new Topic<BenchState>(topicName('bench'), {
      title: config.title,
      version,
      startedAt: Date.now(),
      devices: {},
      order: config.devices.map((device) => device.id),
    }),
  )
  const topics = new Map(
    config.devices.map((device) => [device.id, feeds.addTopic(deviceTopic(device, bench))]),
  )

  const db = opening.adopt(openDatabase(databaseFile(config.dataDir)), (open) => open.close())
  const sessionMostMs = server.sessionDays * 24 * HOUR_MS
  const access = new Access({
    db,
    limits: { idleMs: server.sessionIdleHours * HOUR_MS, mostMs: sessionMostMs },
    secure,
  })
  const audit = opening.use(new Audit(db, config.audit.keepDays, log.child({ part: 'audit' })))
  const auditOf = (call: Call): void => audit.note(auditCall(call))
  const traces = await TraceStore.open(join(config.dataDir, 'traces'), log)
  const media = opening.use(
    await openMedia({
      host: server.host,
      port: config.media.port,
      workers: config.media.workers,
      log: log.child({ part: 'media' }),
      cameraTopic: (id) => topics.get(id),
    }),
  )
  const simulators = config.simulators.map(({ program, args }) =>
    opening.use(new Simulator(program, args, log.child({ simulator: program }))),
  )
  await Promise.all(simulators.map((simulator) => simulator.started))

  const supervisors = new Map<string, Supervisor>()
  const control = opening.use(
    new Control({
      interlocks: config.interlocks,
      needs: new Map(config.devices.map(({ id, interlocks }) => [id, interlocks])),
      readings: {
        state: (id) => {
          const topic = topics.get(id)
          if (!topic) return undefined
          const { value } = topic
          return {
            value,
            ready: value.lifecycle.phase === 'ready',
            subscribe: (listener) => topic.subscribe(listener),
          }
        },
        newestPower: (id) => feeds.findStream(powerStream(id))?.newest,
      },
      devices: function* () {
        for (const [id, supervisor] of supervisors) yield [id, supervisor.openDevice]
      },
      log: log.child({ part: 'control' }),
      did: (deed) => {
        log.warn(deed, deed.message)
        audit.note(auditDeed(deed))
      },
      signal,
    }),
  )
  feeds.addTopic(control.topic)
  for (const { id, driver, settings } of config.devices) {
    const opened = new Supervisor(
      driver,
      settings,
      {
        id,
        log: log.child({ device: id }),
        state: topics.get(id) as Topic<DeviceBase>,
        stream: (name, columns) => feeds.stream(name, () => new Stream(name, columns)),
        publisher: media.publisher,
        traces: keeperOf(traces, () => topics.get(id)?.value ?? {}),
        opened: (device) => control.deviceOpened(id, device),
      },
      signal,
    )
    supervisors.set(id, opening.use(opened))
  }
  control.start()
  const device: FindDevice = (id) => {
    const supervisor = supervisors.get(id)
    if (supervisor) return supervisor.device
    const known = [...supervisors.keys()].join(', ') || 'none'
    throw new BenchError('device.unknown', `there is no device "${id}" on this bench; there are ${known}`, {
      device: id,
    })
  }

  const lines = opening.use(
    await Lines.open({
      devices: config.devices.flatMap(({ id, driver, console, share }) => {
        const state = topics.get(id)
        return driver.family === 'instrument' && state ? [{ id, state, console, share }] : []
      }),
      addTopic: (topic) => feeds.addTopic(topic),
      permit: (command, input, caller) => control.permit(command, input, caller),
      whyNot: (id, despiteLease) => control.whyNotFor(id, despiteLease),
      log: log.child({ part: 'share' }),
    }),
  )

  const own: Handlers = {
    'session.hello': (_, { name, role, via, client, scope }) =>
      Promise.resolve({ name, role, via, client, ...(scope ? { scope } : {}), now: Date.now(), version }),
    'topic.read': ({ topic }) => {
      const { rev, snapshot } = feeds.topicNamed(topic).snapshot()
      return Promise.resolve({ rev, snapshot: snapshot as Record<string, unknown> })
    },
  }
  const doors = new Commands({
    handlers: {
      ...own,
      ...traces.handlers,
      ...media.handlers,
      ...control.handlers,
      ...access.handlers,
      ...audit.handlers,
      ...lines.handlers,
    },
    device,
    permit: (command, input, caller) => control.permit(command, input, caller),
    audit: auditOf,
    log,
  })
  const door = new Door({ names: [...ownNames(server.host), ...server.names], origins: server.origins })
  const identify = identifyBy(access, server)
  const pageDir = fileURLToPath(new URL('web/dist', root))
  const first = config.devices.find(({ driver }) => driver.kind === 'instrument.exfo-ctp10')
  const compat =
    config.compat &&
    new Compat({
      ctp10: first && { id: first.id, state: topics.get(first.id) as Topic<InstrumentState> },
      version,
      page: join(pageDir, 'index.html'),
      doors,
      device,
      control: control.topic,
      findStream: (name) => feeds.findStream(name),
      stillThere: (caller) => control.lease.active(caller),
    })
  const http = createHttp({
    pageDir,
    routes: [
      // Before the bridge's own, of which `/health` is one.
      ...(compat?.routes ?? []),
      ...commandRoutes(doors, version),
      ...accessRoutes({ access, secure, sessionMostMs, audit: auditOf }),
      ...auditRoutes(audit),
      ...lines.routes,
      estopRoute(doors),
      healthRoute(bench),
      ...traceRoutes({ traces, audit: auditOf }),
      mjpegRoute(device),
    ],
    door,
    identify,
    behindProxy: server.behindProxy,
    tls,
    log,
  })
  opening.use(
    openSocket({
      http,
      doors,
      feeds,
      door,
      identify,
      addressOf: addressOf(server.behindProxy),
      connectionsPerAddress: server.connectionsPerAddress,
      lease: control.lease,
      log,
    }),
  )
  if (compat) {
    opening.use(compat.listen({ http, door, identify, addressOf: addressOf(server.behindProxy), log }))
  }
  opening.defer(() => http.closeAllConnections())
  http.listen(server.port, server.host)
  await once(http, 'listening').catch((cause: unknown) => {
    const message = `cannot listen on ${server.host}:${server.port} (${String(cause)}): is another bench running? Choose another with --port`
    throw new BenchError('config.invalid', message, { cause })
  })
  const { address, port, family } = http.address() as AddressInfo
  const url = `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  const setupPath = access.setupPath()
  const open = opening.move()
  return {
    url,
    setupUrl: setupPath && `${url}${setupPath}`,
    workerPids: () => media.workers(),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** By session or token; on loopback, and when nothing else speaks for them, whoever sits at this machine. */
function identifyBy(access: Access, { host, localRole, behindProxy }: BenchConfig['server']): Identify {
  // Through a proxy everybody comes from loopback.
  const local = isLoopback(host) && !behindProxy && localRole !== 'none' ? localRole : undefined
  return ({ cookie, authorization, address }) => {
    const known = access.identify(cookie, authorization)
    if (known || authorization !== undefined || local === undefined || !isLoopback(address)) return known
    return { name: 'local', role: local, via: 'local', key: 'local' }
  }
}

/** A device's topic; what the bench shows of every device follows it. */
function deviceTopic(
  { id, title, driver }: DeviceConfig,
  bench: Topic<BenchState>,
): Topic<TopicState<Family>> {
  const base = {
    id,
    kind: driver.kind,
    family: driver.family,
    title,
    lifecycle: { phase: 'opening' as const, since: Date.now() },
  }
  const topic = new Topic<TopicState<Family>>(topicName(driver.family satisfies TopicKind, id), base)
  bench.merge({ devices: { [id]: base } })
  topic.subscribe(({ patch }) => {
    if ('lifecycle' in patch)
      bench.put({ devices: { ...bench.value.devices, [id]: { ...base, lifecycle: topic.value.lifecycle } } })
  })
  return topic
}

async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as { version: string }
  return version
}
