import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { role } from '../../shared/access/access.ts'
import { oidcConfig } from '../access/oidc-config.ts'
import { deviceId } from '../../shared/wire/device.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { interlockConfig } from '../control/interlock/source.ts'
import { BenchYaml } from '../core/bench-yaml.ts'
import { dataFolderFault } from '../core/data-folder.ts'
import { detectorModel } from '../device/detector-model.ts'
import type { Driver } from '../device/device.ts'
import { hostName, pageOrigin } from '../core/host-name.ts'
import { isLoopback } from '../core/loopback.ts'
import { TrustedProxies } from '../core/trusted-proxies.ts'
import { lastResort } from '../guardian/protocol.ts'
import { iceServerConfig } from '../sfu/ice-servers.ts'
import { authorityFault, checkTls, TlsFault } from '../server/tls.ts'
import { type ShareConfig, shareConfig } from '../instrument/share/config.ts'
import { type WatchesConfig, watchesConfig } from '../watches/config.ts'
import { type SightConfig, sightConfig } from '../turret/aiming/config.ts'

/** What `server.behindProxy: true` has meant: a proxy on the bridge's own machine. */
const LOOPBACK = ['127.0.0.0/8', '::1']

const port = z.number().int().min(0).max(65_535)

/** The whole of bench.yaml but its devices, which each driver describes for itself. */
export const benchFile = z.strictObject({
  title: z.string().min(1).default('Bench').describe('shown at the top of the page'),
  server: z
    .strictObject({
      host: hostName.default('127.0.0.1').describe('the address to listen on'),
      port: port.default(8080).describe('page, REST and sockets; 0 takes a free one'),
      localRole: z
        .enum([...role.options, 'none'])
        .default('operator')
        .describe(
          'on loopback, what whoever sits at this machine is without signing in; none asks them to sign in too',
        ),
      tls: z
        .strictObject({
          certificate: z.string().describe('a PEM file; relative to this file'),
          key: z.string().describe('a PEM file; relative to this file'),
        })
        .optional()
        .describe('needed to listen beyond loopback; `lightbench tls init` makes both files'),
      trustedProxies: z
        .array(
          z.string().refine(isNetwork, 'an address or a network is needed, e.g. 127.0.0.1 or 10.0.0.0/24'),
        )
        .default([])
        .describe(
          'proxies in front of the bridge, which speak TLS and say whose a connection is by X-Forwarded-For: addresses or networks (CIDR); from others nothing is taken in clear but from loopback',
        ),
      behindProxy: z
        .boolean()
        .optional()
        .describe('old name: true means trustedProxies: [127.0.0.0/8, ::1]; read for one more release'),
      names: z
        .array(hostName)
        .default([])
        .describe('further host names of this bridge; its own name, its addresses and localhost are known'),
      origins: z
        .array(pageOrigin)
        .default([])
        .describe('pages of other origins that may talk to the bridge, e.g. https://lab.example.org'),
      guardian: z
        .strictObject({
          port: port
            .optional()
            .describe(
              "the guardian's own port, which takes the emergency stop when the bridge cannot; the one after `port` when left out",
            ),
          path: z
            .string()
            .regex(/^\/[\w/-]*[\w-]$/, 'a path begins with / and ends without one')
            .optional()
            .describe('where a proxy offers that port on the origin of the page, e.g. /guardian'),
          lastResort: lastResort.optional(),
        })
        .prefault({}),
      connectionsPerAddress: z
        .number()
        .int()
        .min(1)
        .default(64)
        .describe('sockets that one address may hold open'),
      sessionIdleHours: z.number().positive().default(12).describe('a session that is idle for longer ends'),
      sessionDays: z.number().positive().default(7).describe('a session lasts so long at most'),
      oidc: oidcConfig.optional(),
    })
    .prefault({}),
  audit: z
    .strictObject({ keepDays: z.number().positive().default(365).describe('older lines are forgotten') })
    .prefault({}),
  media: z
    .strictObject({
      port: port
        .default(44_400)
        .describe(
          'video, UDP and TCP: this port for the first worker, the next for the second…; 0 takes free ones',
        ),
      workers: z
        .number()
        .int()
        .min(1)
        .max(16)
        .optional()
        .describe('mediasoup workers; one a core up to 4 when left out'),
      iceServers: z
        .array(iceServerConfig)
        .default([])
        .describe('STUN and TURN servers for viewers and publishers behind other networks'),
    })
    .prefault({}),
  recordings: z
    .strictObject({
      keepDays: z
        .number()
        .positive()
        .optional()
        .describe('what is older is deleted, unless it is tagged `keep`'),
      mostGB: z
        .number()
        .positive()
        .optional()
        .describe('the oldest are deleted until the gallery holds no more'),
      keepFreeGB: z
        .number()
        .min(0)
        .default(1)
        .describe('so much of the disk is never filled: a recording that comes to it is stopped'),
    })
    .prefault({}),
  watches: watchesConfig.prefault({}),
  dataDir: z.string().min(1).default('data').describe('traces and recordings; relative to this file'),
  compat: z
    .enum(['exfo-ctp10-api'])
    .optional()
    .describe("another program's routes at the root, for the first CTP10: its notebooks run unchanged"),
  simulators: z
    .array(
      z.strictObject({
        program: z.enum(['ctp10', 'grbl', 'scpi']).describe('which instrument it plays'),
        args: z.array(z.string()).default([]).describe('its command line'),
      }),
    )
    .default([])
    .describe('programs that play an instrument, started and ended with the bench'),
  interlocks: z
    .record(deviceId, interlockConfig)
    .default({})
    .describe('named inputs that are to be closed before a device that lists them may act'),
  sights: z
    .record(deviceId, sightConfig)
    .default({})
    .describe('which camera each turret is aimed with, by the name of the turret'),
  models: z
    .record(z.string().max(64), detectorModel)
    .default({})
    .describe('object detectors (ONNX) that cameras can look with'),
  devices: z
    .record(
      deviceId,
      z.looseObject({
        driver: z.string(),
        title: z.string().optional(),
        interlocks: z.array(z.string()).default([]).describe('those that this device needs closed'),
        console: z
          .boolean()
          .default(true)
          .describe('whether people may send an instrument messages of their own'),
        share: shareConfig
          .optional()
          .describe('ports on which other programs find the instrument; for instruments alone'),
      }),
    )
    .default({}),
})

/** A device as bench.yaml tells it: its driver's own part already checked. */
export interface DeviceConfig {
  id: string
  title: string
  driver: Driver
  interlocks: string[]
  console: boolean
  share: ShareConfig | undefined
  settings: unknown
}

export type BenchConfig = Omit<z.infer<typeof benchFile>, 'devices'> & {
  devices: DeviceConfig[]
  /** What the bench runs with, and somebody should see to: an expired certificate. Each with its file and line. */
  warnings: string[]
}

/** What the command line says over the file. */
export interface Overrides {
  host?: string | undefined
  port?: number | undefined
}

/**
 * Reads bench.yaml. Every mistake is reported at once as `file:line: path: what was expected` in one `config.invalid`,
 * and so are the files and folders that it names.
 */
export async function loadConfig(
  file: string,
  drivers: ReadonlyMap<string, Driver>,
  overrides: Overrides = {},
): Promise<BenchConfig> {
  const source = await BenchYaml.read(file)
  source.throwIfWrong()
  const bench = source.check(benchFile, source.content, [])
  source.throwIfWrong()
  const devices = Object.entries(bench?.devices ?? {}).map(([id, entry]) =>
    checkDevice(source, drivers, Object.keys(bench?.interlocks ?? {}), id, entry),
  )
  checkSights(source, bench?.sights ?? {}, devices)
  source.throwIfWrong()
  if (!bench) throw new Error('unreachable: what is missing was reported')
  const from = dirname(file)
  const { tls, oidc } = bench.server
  const server = {
    ...bench.server,
    trustedProxies: [...bench.server.trustedProxies, ...(bench.server.behindProxy === true ? LOOPBACK : [])],
    host: overrides.host ?? bench.server.host,
    port: overrides.port ?? bench.server.port,
    tls: tls && { certificate: resolve(from, tls.certificate), key: resolve(from, tls.key) },
    oidc: oidc?.clientSecretFile ? { ...oidc, clientSecretFile: resolve(from, oidc.clientSecretFile) } : oidc,
  }
  if (!isLoopback(server.host) && !server.tls && server.trustedProxies.length === 0) {
    const message =
      `refusing to listen on ${server.host} without TLS: passwords and pictures would travel open, and browsers refuse ` +
      'cameras there. Give server.tls (lightbench tls init makes the files), or name the proxy in front that speaks ' +
      'TLS in server.trustedProxies'
    throw new BenchError('config.invalid', message)
  }
  const dataDir = resolve(from, bench.dataDir)
  const warnings = await checkFiles(source, dataDir, server.tls)
  if (bench.server.behindProxy !== undefined) {
    warnings.push(
      `${source.place(['server', 'behindProxy'])}: server.behindProxy is now server.trustedProxies, a list of addresses: write trustedProxies: [127.0.0.1] for a proxy on this machine; the old key goes with the next release`,
    )
  }
  const notify = await withAuthorities(source, from, bench.watches.notify)
  source.throwIfWrong()
  return {
    ...bench,
    server,
    dataDir,
    warnings,
    watches: { ...bench.watches, notify },
    models: Object.fromEntries(
      Object.entries(bench.models).map(([name, model]) => [
        name,
        { ...model, file: resolve(from, model.file) },
      ]),
    ),
    devices: devices.filter((device) => device !== undefined),
  }
}

/** Notes what is wrong with the data folder and the TLS files; answers what is to be warned of. */
async function checkFiles(
  source: BenchYaml,
  dataDir: string,
  tls: BenchConfig['server']['tls'],
): Promise<string[]> {
  const fault = await dataFolderFault(dataDir)
  if (fault !== undefined) source.wrong(['dataDir'], fault)
  if (!tls) return []
  try {
    const { warning } = await checkTls(tls)
    if (warning === undefined) return []
    return [`${source.place(['server', 'tls', 'certificate'])}: server.tls.certificate: ${warning}`]
  } catch (error) {
    if (!(error instanceof TlsFault)) throw error
    source.wrong(['server', 'tls', error.setting], error.message)
    return []
  }
}

/** The ways to tell people, with whole paths of the authorities' files; notes those that hold none. */
async function withAuthorities(
  source: BenchYaml,
  from: string,
  notify: WatchesConfig['notify'],
): Promise<WatchesConfig['notify']> {
  const all = Object.entries(notify).map(async ([name, channel]) => {
    if (channel.kind !== 'mail' || channel.ca === undefined) return [name, channel] as const
    const ca = resolve(from, channel.ca)
    const fault = await authorityFault(ca)
    if (fault !== undefined) source.wrong(['watches', 'notify', name, 'ca'], fault)
    return [name, { ...channel, ca }] as const
  })
  return Object.fromEntries(await Promise.all(all))
}

function isNetwork(text: string): boolean {
  try {
    return new TrustedProxies([text]).some
  } catch {
    return false
  }
}

function checkSights(
  source: BenchYaml,
  sights: Readonly<Record<string, SightConfig>>,
  devices: readonly (DeviceConfig | undefined)[],
): void {
  const familyOf = (id: string) => devices.find((device) => device?.id === id)?.driver.family
  for (const [turret, { camera }] of Object.entries(sights)) {
    if (familyOf(turret) !== 'turret') source.wrong(['sights', turret], `there is no turret "${turret}"`)
    if (familyOf(camera) !== 'camera')
      source.wrong(['sights', turret, 'camera'], `there is no camera "${camera}"`)
  }
}

function checkDevice(
  source: BenchYaml,
  drivers: ReadonlyMap<string, Driver>,
  interlocks: readonly string[],
  id: string,
  entry: z.output<typeof benchFile>['devices'][string],
): DeviceConfig | undefined {
  const driver = drivers.get(entry.driver)
  if (!driver) {
    source.wrong(
      ['devices', id, 'driver'],
      `there is no driver "${entry.driver}"; expected one of ${[...drivers.keys()].join(', ')}`,
    )
    return undefined
  }
  const { driver: _, title, interlocks: needs, console, share, ...own } = entry
  if (share && driver.family !== 'instrument')
    source.wrong(['devices', id, 'share'], `only an instrument can be shared, and ${entry.driver} is none`)
  needs.forEach((name, i) => {
    if (interlocks.includes(name)) return
    const known = interlocks.join(', ') || 'none'
    source.wrong(['devices', id, 'interlocks', i], `there is no interlock "${name}"; there are ${known}`)
  })
  const settings: unknown = source.check(driver.config, own, ['devices', id])
  return { id, title: title ?? id, driver, interlocks: needs, console, share, settings }
}
