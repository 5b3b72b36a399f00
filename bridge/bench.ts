import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Role } from '../shared/access.ts'
import type { BenchState } from '../shared/bench.ts'
import type { DeviceBase } from '../shared/device.ts'
import { BenchError } from '../shared/errors.ts'
import { type TopicKind, topicName, type TopicState } from '../shared/topics.ts'
import type { BenchConfig, DeviceConfig } from './config.ts'
import type { Handlers } from './core/device.ts'
import type { Logger } from './core/log.ts'
import { Stream } from './core/stream.ts'
import { type Opening, Supervisor } from './core/supervisor.ts'
import { Topic } from './core/topic.ts'
import { openMedia } from './media/media.ts'
import { Commands, type FindDevice } from './server/call.ts'
import { Feeds } from './server/feeds.ts'
import { createHttp } from './server/http.ts'
import { commandRoutes } from './server/routes/commands.ts'
import { healthRoute } from './server/routes/health.ts'
import { mjpegRoute } from './server/routes/mjpeg.ts'
import { traceRoutes } from './server/routes/traces.ts'
import { openSocket } from './server/socket.ts'
import { Simulator } from './simulators.ts'
import { TraceStore } from './store/traces.ts'

/** Until there is sign-in the bridge listens on loopback only, and whoever is there may operate. */
const LOCAL_ROLE: Role = 'operator'

const root = new URL('..', import.meta.url)

/** A running bench. Disposing of it closes everything, in the reverse of the order in which it was opened. */
export interface Bench extends AsyncDisposable {
  url: string
  /** Process ids of the mediasoup workers, for diagnostics. */
  workerPids(): number[]
}

/** Opens everything: store, SFU, simulators, devices, and last the door. Rejects when the port is taken or the SFU cannot be had. */
export async function openBench(config: BenchConfig, signal: AbortSignal, log: Logger): Promise<Bench> {
  await using opening = new AsyncDisposableStack()
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

  const traces = await TraceStore.open(join(config.dataDir, 'traces'), log)
  const media = opening.use(
    await openMedia({
      host: config.server.host,
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

  const supervisors = new Map(
    config.devices.map(({ id, driver, settings }) => {
      const state = topics.get(id) as Topic<DeviceBase>
      const context: Opening = {
        id,
        log: log.child({ device: id }),
        state,
        stream: (name, columns) => feeds.stream(name, () => new Stream(name, columns)),
        publisher: media.publisher,
        traces,
      }
      return [id, opening.use(new Supervisor(driver, settings, context, signal))]
    }),
  )
  const device: FindDevice = (id) => {
    const supervisor = supervisors.get(id)
    if (supervisor) return supervisor.device
    const known = [...supervisors.keys()].join(', ') || 'none'
    throw new BenchError('device.unknown', `there is no device "${id}" on this bench; there are ${known}`, {
      device: id,
    })
  }

  const own: Handlers = {
    'session.hello': (_, caller) => Promise.resolve({ role: caller.role, now: Date.now(), version }),
    'topic.read': ({ topic }) => {
      const { rev, snapshot } = feeds.topicNamed(topic).snapshot()
      return Promise.resolve({ rev, snapshot: snapshot as Record<string, unknown> })
    },
  }
  const doors = new Commands({ ...own, ...traces.handlers, ...media.handlers }, device, log)
  const http = createHttp(
    fileURLToPath(new URL('web/dist', root)),
    [commandRoutes(doors, LOCAL_ROLE, version), healthRoute(bench), traceRoutes(traces), mjpegRoute(device)],
    log,
  )
  opening.use(openSocket({ http, doors, feeds, role: LOCAL_ROLE, log }))
  opening.defer(() => http.closeAllConnections())
  http.listen(config.server.port, config.server.host)
  await once(http, 'listening').catch((cause: unknown) => {
    const { host, port } = config.server
    const message = `cannot listen on ${host}:${port} (${String(cause)}): is another bench running? Choose another with --port`
    throw new BenchError('config.invalid', message, { cause })
  })
  const { address, port, family } = http.address() as AddressInfo
  const open = opening.move()
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    workerPids: () => media.workers(),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** A device's topic; what the bench shows of every device follows it. */
function deviceTopic(
  { id, title, driver }: DeviceConfig,
  bench: Topic<BenchState>,
): Topic<TopicState<'camera' | 'instrument'>> {
  const base = {
    id,
    kind: driver.kind,
    family: driver.family,
    title,
    lifecycle: { phase: 'opening' as const, since: Date.now() },
  }
  const topic = new Topic<TopicState<'camera' | 'instrument'>>(
    topicName(driver.family satisfies TopicKind, id),
    base,
  )
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
