import { join } from 'node:path'
import { satisfies } from '../../shared/access/access.ts'
import type { BenchState } from '../../shared/bench/bench.ts'
import type { CameraState } from '../../shared/camera/camera.ts'
import type { DeviceBase } from '../../shared/wire/device.ts'
import { BenchError, unwrap } from '../../shared/wire/errors.ts'
import { powerStream } from '../../shared/wire/streams.ts'
import type { StorageState } from '../../shared/diagnostics/storage.ts'
import { viewOfAll } from '../../shared/views/view-of-all.ts'
import { topicName } from '../../shared/topics.ts'
import type { TurretState } from '../../shared/turret/turret.ts'
import { Access } from '../access/access.ts'
import { KeptDetectors } from '../camera/features/vision/kept-detectors.ts'
import type { BenchConfig } from './config.ts'
import { Control } from '../control/control.ts'
import { DeviceGuards } from '../control/device-guards.ts'
import type { Handlers } from '../device/device.ts'
import { LatchFile } from '../core/latch.ts'
import type { Logger } from '../core/log.ts'
import { NamedSecrets } from '../core/named-secrets.ts'
import { Stream } from '../core/stream.ts'
import { Supervisor } from '../device/supervisor.ts'
import { Topic } from '../core/topic.ts'
import { keeperOf } from '../device/trace-keeper.ts'
import { ViewerIds } from '../core/viewer-ids.ts'
import { deviceTopic } from './device-topic.ts'
import { openDiagnostics } from '../diagnostics/open.ts'
import { type Doorway, openDoorway } from './doorway.ts'
import { withLentPorts } from './lent-ports.ts'
import { localRoleOf } from './local-role.ts'
import { openGuardianship } from './guardianship.ts'
import { openMedia } from '../sfu/media.ts'
import { auditDeed } from '../server/audit-line.ts'
import { type Call, Commands, type FindDevice } from '../server/call.ts'
import { Feeds } from '../server/feeds.ts'
import { helloOf } from '../server/hello.ts'
import { Refusals } from '../server/refusals.ts'
import { Lines } from '../instrument/share/lines.ts'
import { readTls } from '../server/tls.ts'
import { Simulator } from './simulators.ts'
import { Audit } from '../access/audit.ts'
import { FileMemory } from '../device/device-memory.ts'
import { lockDataFolder } from '../store/data-folder.ts'
import { Database } from '../store/database.ts'
import type { StoreHealth } from '../store/health.ts'
import { databaseFile } from '../store/sqlite.ts'
import { SecretTable } from '../access/secret-table.ts'
import { Gallery } from '../gallery/gallery.ts'
import { TraceStore } from '../traces/traces.ts'
import { Homes } from '../turret/aiming/homes.ts'
import { Sights } from '../turret/aiming/sights.ts'
import { Views } from '../views/views.ts'
import { packageVersion } from './version.ts'
import { Watches } from '../watches/watches.ts'

const HOUR_MS = 3_600_000

/** A running bench. Disposing of it closes everything, in the reverse of the order in which it was opened. */
export interface Bench extends AsyncDisposable {
  url: string
  /** Where the first administrator comes in, once; undefined on a bench that has users. */
  setupUrl: string | undefined
  /** Process ids of the mediasoup workers, for diagnostics. */
  workerPids(): number[]
  /** The bridge is about to end by its own fault: makes everything safe before it returns, and has the guardian repeat it. */
  crash(why: string): void
}

interface BenchOptions {
  /** Light that is on stays on when this process dies: for tests and development. */
  withoutGuardian?: boolean
  /** Somebody else has started them: they are to go on when this process ends. */
  withoutSimulators?: boolean
}

/** Opens everything: store, SFU, simulators, devices, and last the door. Rejects when the port is taken or the SFU cannot be had. */
export async function openBench(
  config: BenchConfig,
  signal: AbortSignal,
  log: Logger,
  { withoutGuardian = false, withoutSimulators = false }: BenchOptions = {},
): Promise<Bench> {
  await using opening = new AsyncDisposableStack()
  const { server } = config
  const tls = server.tls && (await readTls(server.tls))
  const secure = tls !== undefined || server.trustedProxies.length > 0
  const version = await packageVersion()
  const feeds = new Feeds()
  const bench = feeds.addTopic(
    new Topic<BenchState>(topicName('bench'), {
      title: config.title,
      version,
      startedAt: Date.now(),
      devices: {},
      order: config.devices.map((device) => device.id),
      guardian: { state: 'without', since: Date.now() },
      storage: {},
    }),
  )
  const topics = new Map(
    config.devices.map((device) => [device.id, feeds.addTopic(deviceTopic(device, bench))]),
  )

  opening.use(lockDataFolder(config.dataDir))
  const guardianship = opening.use(
    await openGuardianship(config, bench, {
      without: withoutGuardian,
      signal,
      log: log.child({ part: 'guardian' }),
    }),
  )
  const database = opening.use(
    await Database.open({ file: databaseFile(config.dataDir), log: log.child({ part: 'store' }) }),
  )
  showHealth(bench, 'bench', database.health)
  const sessionMostMs = server.sessionDays * 24 * HOUR_MS
  const access = opening.use(
    await Access.open(database, {
      limits: { idleMs: server.sessionIdleHours * HOUR_MS, mostMs: sessionMostMs },
      secure,
      title: config.title,
    }),
  )
  const audit = opening.use(await Audit.open(database, config.audit.keepDays, log.child({ part: 'audit' })))
  const refusals = opening.use(new Refusals((entry) => audit.note(entry)))
  const auditOf = (call: Call): void => refusals.audit(call)
  const secrets = await NamedSecrets.open(await SecretTable.open(database))
  const traces = await TraceStore.open(join(config.dataDir, 'traces'), log)
  const gallery = opening.use(
    await Gallery.open({
      tables: database,
      path: join(config.dataDir, 'gallery'),
      bench: config.title,
      rules: config.recordings,
      log: log.child({ part: 'gallery' }),
      deleted: (id, device, why) =>
        audit.note(
          auditDeed({
            who: 'bridge',
            via: 'retention',
            action: 'media.remove',
            device,
            message: `${id}: ${why}`,
          }),
        ),
    }),
  )
  const viewers = new ViewerIds()
  const media = opening.use(
    await openMedia({
      host: server.host,
      port: config.media.port,
      workers: config.media.workers,
      iceServers: config.media.iceServers,
      viewers,
      log: log.child({ part: 'media' }),
      cameraTopic: (id) => topics.get(id),
    }),
  )
  const played = withoutSimulators ? [] : config.simulators
  const simulators = played.map(({ program, args }) =>
    opening.use(new Simulator(program, args, log.child({ simulator: program }))),
  )
  await Promise.all(simulators.map((simulator) => simulator.started))

  // Before any camera opens: it begins with what is kept.
  const cameras = config.devices.filter(({ driver }) => driver.family === 'camera')
  opening.use(
    await KeptDetectors.open(database, {
      topics: new Map(cameras.map(({ id }) => [id, topics.get(id) as Topic<CameraState>])),
      models: Object.keys(config.models),
      log: log.child({ part: 'vision' }),
    }),
  )

  const guards = new DeviceGuards(withLentPorts(guardianship))
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
      guards,
      holderBeats: (beats) => guardianship.holder(beats),
      latch: new LatchFile(config.dataDir),
      mayHold: (caller) =>
        caller.via === 'local' || satisfies(access.roleNow(caller) ?? 'viewer', 'operator'),
      log: log.child({ part: 'control' }),
      did: (deed) => {
        log.warn(deed, deed.message)
        audit.note(auditDeed(deed))
      },
      signal,
    }),
  )
  feeds.addTopic(control.topic)
  guardianship.attend({
    press: (by, why) => {
      void control.press(by, why)
      audit.note(auditDeed({ who: by, via: 'guardian', action: 'estop.press', message: why }))
    },
    lost: () => control.guardianLost(),
    met: () => guards.repeat(),
    did: (deed) => audit.note(auditDeed(deed)),
    isKnown: (who) => who.via === 'local' || access.roleNow(who) !== undefined,
  })
  for (const { id, driver, settings } of config.devices) {
    const opened = new Supervisor(
      driver,
      settings,
      {
        id,
        log: log.child({ device: id }),
        state: topics.get(id) as Topic<DeviceBase>,
        stream: (name, columns) => feeds.stream(name, () => new Stream(name, columns)),
        guard: guards.of(id, topics.get(id) as Topic<DeviceBase>),
        memory: new FileMemory(config.dataDir, id),
        did: (action, message) =>
          audit.note(auditDeed({ who: 'bridge', via: 'driver', action, device: id, message })),
        publisher: media.publisher,
        traces: keeperOf(traces, () => topics.get(id)?.value ?? {}),
        gallery,
        models: config.models,
        requireFree: () => guardianship.requireFree(id),
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
      mayContinue: (command, input, caller) => control.still(command, input, caller),
      whyNot: (id, despiteLease) => control.whyNotFor(id, despiteLease),
      endLight: (id, who) => control.endLight(id, who),
      log: log.child({ part: 'share' }),
    }),
  )

  let doorway: Doorway | undefined = undefined
  const views = await Views.open(database, viewOfAll(config), log.child({ part: 'views' }))
  feeds.addTopic(views.topic)
  const diagnostics = opening.use(
    openDiagnostics({
      devices: config.devices,
      topicOf: (id) => topics.get(id),
      deviceOf: (id) => supervisors.get(id)?.openDevice,
      workers: () => media.usage(),
      sockets: () => doorway?.connections ?? 0,
      viewers,
      databaseFile: databaseFile(config.dataDir),
      dataDir: config.dataDir,
    }),
  )

  const sights = opening.use(
    await Sights.open({
      sights: config.sights,
      tables: database,
      topicOf: (id) => topics.get(id) as Topic<TurretState>,
      stream: (name, columns) => feeds.stream(name, () => new Stream(name, columns)),
      control: control.topic,
      device,
      call: async (name, input, caller) => unwrap(await doors.step(name, input, caller)) as never,
      still: (command, input, caller) => control.still(command, input, caller),
      log: log.child({ part: 'turret' }),
    }),
  )

  const turrets = config.devices.filter(({ driver }) => driver.family === 'turret')
  const homes = await Homes.open(database, {
    topics: new Map(turrets.map(({ id }) => [id, topics.get(id) as Topic<TurretState>])),
    device,
  })

  const watches = opening.use(
    await Watches.open({
      config: config.watches,
      secrets,
      bench: config.title,
      dataDir: config.dataDir,
      device,
      hasDevice: (id) => supervisors.has(id),
      readings: {
        state: (id) => {
          const value = topics.get(id)?.value
          return value && { value, ready: value.lifecycle.phase === 'ready' }
        },
        newestPower: (id) => feeds.findStream(powerStream(id))?.newest,
      },
      traces,
      size: (id) => {
        const { width, height } = (topics.get(id)?.value ?? {}) as Partial<CameraState>
        return width === undefined || height === undefined ? undefined : { width, height }
      },
      roleOf: ({ savedBy, savedWith = savedBy === 'local' ? 'local' : 'session', savedAt }) =>
        savedWith === 'local'
          ? localRoleOf(server)
          : savedWith === 'session'
            ? access.users.roleOf(savedBy, savedAt)
            : access.tokens.roleOf(savedWith),
      did: (deed) => audit.note(auditDeed(deed)),
      ending: (why, device) => guards.ending(why, device),
      log: log.child({ part: 'watches' }),
    }),
  )
  showHealth(bench, 'watches', watches.store.health)
  feeds.addTopic(watches.tally.topic)
  feeds.addTopic(watches.list)

  const own: Handlers = {
    'session.hello': helloOf(version),
    'topic.read': ({ topic }) => {
      const { rev, snapshot } = feeds.topicNamed(topic).snapshot()
      return Promise.resolve({ rev, snapshot: snapshot as Record<string, unknown> })
    },
  }
  const doors: Commands = new Commands({
    handlers: {
      ...own,
      ...traces.handlers,
      ...gallery.handlers,
      ...media.handlers,
      ...control.handlers,
      ...guardianship.handlers,
      ...access.handlers,
      ...secrets.handlers,
      ...audit.handlers,
      ...lines.handlers,
      ...views.handlers,
      ...sights.handlers,
      ...homes.handlers,
      ...diagnostics.handlers,
      ...watches.handlers,
    },
    device,
    permit: (command, input, caller) => control.permit(command, input, caller),
    requireProof: (caller, what) => access.requireProof(caller, what),
    mayContinue: (command, input, caller) => control.still(command, input, caller),
    audit: auditOf,
    log,
  })
  doorway = opening.use(
    await openDoorway({
      ...{ config, version, tls, secure, sessionMostMs, access, audit, auditOf, refusals },
      ...{ control, doors, device },
      ...{ feeds, bench, media, viewers, traces, gallery, lines, diagnostics, watches, log },
      topicOf: (id) => topics.get(id),
    }),
  )
  const { url } = doorway
  const setupPath = access.setupPath()
  const open = opening.move()
  return {
    url,
    setupUrl: setupPath && `${url}${setupPath}`,
    workerPids: () => media.workers(),
    crash: (why) => {
      guardianship.crash(why)
      void control.press('the bridge', `it failed: ${why}`)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** Keeps in the topic of the bench whether a store is sick. */
function showHealth(bench: Topic<BenchState>, store: keyof StorageState, health: StoreHealth): void {
  const show = (sick: StoreHealth['sick']): void => {
    const { [store]: _, ...others } = bench.value.storage
    bench.put({ storage: sick ? { ...others, [store]: sick } : others })
  }
  show(health.sick)
  health.on(show)
}
