import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What the units of a bench are made of; all paths absolute. */
export interface ServiceOptions {
  /** What both units are called by. */
  name: string
  title: string
  /** The project's own Node. */
  node: string
  /** The folder of the checkout. */
  root: string
  nodeFlags: readonly string[]
  config: string
  dataDir: string
  user: string
  /** Of the groups to which serial ports and cameras belong, those that this machine has. */
  groups: readonly string[]
  /** Some port of the bench is below 1024. */
  lowPorts: boolean
  /** Where the last resort is written, if it is no device. */
  lastResortDir?: string | undefined
}

/** Unit files by name: the guardian and the bridge, each in a control group of its own. */
export function serviceUnits(options: ServiceOptions): Record<string, string> {
  const { name } = options
  return {
    [`${name}-guardian.service`]: guardianUnit(options),
    [`${name}.service`]: bridgeUnit(options),
  }
}

function guardianUnit(options: ServiceOptions): string {
  const { name, title, node, root, dataDir, lastResortDir } = options
  // It may not be there yet, and is no reason not to start.
  const written = [dataDir, ...(lastResortDir === undefined ? [] : [`-${lastResortDir}`])]
  return `# Made by \`lightbench service install\`.
[Unit]
Description=${plain(title)}: guardian, which makes devices safe when the bridge cannot
Documentation=${escaped(pathToFileURL(`${root}/docs/service.md`).href)}
After=network.target
Before=${name}.service
# Whatever happens it is started again.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${command(node, `${root}/bridge/guardian/main.ts`, '--data', dataDir)}
WatchdogSec=10
Restart=always
RestartSec=100ms
TimeoutStopSec=15
# The last to be killed, the first to be served, and never swapped out for the bridge's sake.
OOMScoreAdjust=-900
Nice=-15
CPUWeight=1000
MemoryMin=96M
LimitNOFILE=4096
${shared(options, written)}
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
}

function bridgeUnit(options: ServiceOptions): string {
  const { name, title, node, root, nodeFlags, config, dataDir } = options
  return `# Made by \`lightbench service install\`.
[Unit]
Description=${plain(title)}: bridge
Documentation=${escaped(pathToFileURL(`${root}/docs/service.md`).href)}
# Not Requires: a guardian that is started again does not end the bridge, which refuses emission meanwhile.
Wants=${name}-guardian.service
After=network-online.target ${name}-guardian.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${command(node, ...nodeFlags, `${root}/bridge/main.ts`, '--config', config)}
# The guardian ends a bridge that hangs, and sooner where something emits or moves; this is for when it cannot.
WatchdogSec=60
Restart=always
RestartSec=1
# What the bridge ends with when the guardian does not let it start again: after five deaths in ten minutes.
RestartPreventExitStatus=75
# The guardian lets it wait for up to 60 s before it starts.
TimeoutStartSec=180
TimeoutStopSec=10
# It ends its cameras and browsers itself, in order; what is left then is killed.
KillMode=mixed
# A camera or a browser that is killed for its memory is started again, and does not end the bridge.
OOMPolicy=continue
MemoryHigh=70%
MemoryMax=80%
LimitNOFILE=65536
Environment=XDG_CONFIG_HOME=/tmp/.config XDG_CACHE_HOME=/tmp/.cache
ProtectKernelTunables=yes
${shared(options, [dataDir])}

[Install]
WantedBy=multi-user.target
`
}

/** What holds for both. Not MemoryDenyWriteExecute, since V8 compiles; not ProcSubset, since the guardian reads /proc/pressure. */
function shared(options: ServiceOptions, written: readonly string[]): string {
  const { node, root, config, dataDir, user, groups, lowPorts } = options
  const paths = [node, root, config, dataDir]
  const atHome = paths.some((path) => /^\/(home|root|run\/user)\//.test(path))
  const inTmp = paths.some((path) => /^\/(var\/)?tmp\//.test(path))
  const capabilities = lowPorts ? 'CAP_NET_BIND_SERVICE' : ''
  return `User=${user}
${groups.length > 0 ? `SupplementaryGroups=${groups.join(' ')}\n` : ''}WorkingDirectory=${escaped(dirname(config))}
UMask=0027
NoNewPrivileges=yes
CapabilityBoundingSet=${capabilities}
AmbientCapabilities=${capabilities}
ProtectSystem=strict
ReadWritePaths=${words(...written)}
ProtectHome=${atHome ? 'read-only' : 'yes'}
PrivateTmp=${inTmp ? 'no' : 'yes'}
# Serial ports, cameras, GPIO lines; no disks. By kind and not by driver: a driver that is loaded when an adapter is
# plugged in would have no number yet when the unit starts.
DevicePolicy=closed
DeviceAllow=char-* rw
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native`
}

/** A command line (systemd.service(5)): `$` begins a variable there. */
function command(...all: string[]): string {
  return words(...all.map((word) => word.replaceAll('$', '$$$$')))
}

/** Words, quoted where they need it (systemd.syntax(7)). */
function words(...all: string[]): string {
  return all
    .map(escaped)
    .map((word) => (/[\s"'\\;]/.test(word) ? `"${word.replaceAll(/["\\]/g, String.raw`\$&`)}"` : word))
    .join(' ')
}

/** `%` begins a specifier. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%')
}

/** A title on one line. */
function plain(text: string): string {
  return escaped(text.replaceAll(/\s+/g, ' ').trim())
}
