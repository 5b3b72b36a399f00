import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, it, vi } from 'vitest'
import { serviceUnits, type ServiceOptions } from '../../bridge/cli/service-units.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const run = promisify(execFile)

/** A line of a unit's, as often as it is there. */
function values(unit: string, key: string): string[] {
  return unit.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []))
}

const options: ServiceOptions = {
  name: 'bench',
  title: 'Lab 4',
  node: '/opt/lightbench/node_modules/.bin/node',
  root: '/opt/lightbench',
  nodeFlags: ['--max-semi-space-size=8'],
  config: '/etc/lightbench/bench.yaml',
  dataDir: '/var/lib/lightbench',
  user: 'lightbench',
  groups: ['dialout', 'video'],
  lowPorts: false,
}
const made = (change: Partial<ServiceOptions> = {}): { guardian: string; bridge: string } => {
  const units = serviceUnits({ ...options, ...change })
  return { guardian: units['bench-guardian.service'] ?? '', bridge: units['bench.service'] ?? '' }
}

/** Runs the command line; answers what it has printed. */
async function service(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [
    join(root, 'bridge/cli/main.ts'),
    'service',
    'install',
    ...args,
  ])
  return stdout
}

let folder: string
let config: string
// Each run of the command line is a process to start.
vi.setConfig({ testTimeout: 60_000 })

beforeAll(async () => {
  // What has to be quoted in a unit.
  folder = join(await mkdtemp(join(tmpdir(), 'lightbench-service-')), 'lab $4 100% "new"')
  await mkdir(folder)
  config = join(folder, 'bench.yaml')
  await writeFile(config, 'title: "Lab 4:\\n100 % light"\nserver: { port: 443 }\n')
})

it('writes two units that systemd takes without a word', async () => {
  const directory = join(folder, 'units')
  await service('--config', config, '--user', 'daemon', '--name', 'bench', '--directory', directory)
  const files = (await readdir(directory)).map((file) => join(directory, file))
  expect(files.map((file) => file.split('/').at(-1))).toEqual(['bench-guardian.service', 'bench.service'])
  const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...files])
  expect(stdout + stderr).toBe('')
  const [guardian = '', bridge = ''] = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const quoted = `"${folder.replaceAll('%', '%%').replaceAll('"', String.raw`\"`)}`
  const inCommand = quoted.replaceAll('$', '$$$$')
  expect(values(guardian, 'ExecStart')).toEqual([
    `${root}/node_modules/.bin/node ${root}/bridge/guardian/main.ts --data ${inCommand}/data"`,
  ])
  expect(values(bridge, 'ExecStart')).toEqual([
    `${root}/node_modules/.bin/node --max-semi-space-size=8 ${root}/bridge/main.ts --config ${inCommand}/bench.yaml"`,
  ])
  expect(values(bridge, 'ReadWritePaths')).toEqual([`${quoted}/data"`])
  expect(values(bridge, 'Description')).toEqual(['Lab 4: 100 %% light: bridge'])
  // A port below 1024 is the only thing that needs a capability.
  expect(values(bridge, 'AmbientCapabilities')).toEqual(['CAP_NET_BIND_SERVICE'])
  expect((await stat(join(folder, 'data'))).isDirectory()).toBe(true)
})

it('prints them instead, and writes nothing', async () => {
  const directory = join(folder, 'none')
  const printed = await service('--config', config, '--user', 'daemon', '--directory', directory, '--dry-run')
  expect(printed).toContain('# lightbench-guardian.service\n')
  expect(printed).toContain('# lightbench.service\n')
  await expect(stat(directory)).rejects.toThrow('ENOENT')
})

it('refuses root, users whom the machine does not know, and names that are no unit’s', async () => {
  await expect(service('--config', config, '--user', 'root')).rejects.toThrow('does not run as root')
  await expect(service('--config', config, '--user', 'nobody-here')).rejects.toThrow('knows no such user')
  await expect(service('--config', config, '--user', 'daemon', '--name', '../x')).rejects.toThrow(
    '--name ../x',
  )
})

it('keeps the guardian outside of what the bridge may use up, and the last to be killed', () => {
  const { guardian, bridge } = made()
  expect(values(bridge, 'MemoryMax')).toHaveLength(1)
  expect(values(guardian, 'MemoryMax')).toEqual([])
  expect(values(guardian, 'Slice')).toEqual(values(bridge, 'Slice'))
  expect(Number(values(guardian, 'OOMScoreAdjust')[0])).toBeLessThan(-500)
  expect(values(bridge, 'OOMScoreAdjust')).toEqual([])
  expect(values(bridge, 'OOMPolicy')).toEqual(['continue'])
})

it('starts either again for ever, but not a bridge that its guardian does not let start', () => {
  for (const unit of Object.values(made())) {
    expect(values(unit, 'Restart')).toEqual(['always'])
    expect(values(unit, 'StartLimitIntervalSec')).toEqual(['0'])
    expect(values(unit, 'Type')).toEqual(['notify'])
    expect(values(unit, 'NotifyAccess')).toEqual(['all'])
    expect(values(unit, 'WatchdogSec')).toHaveLength(1)
  }
  const { guardian, bridge } = made()
  expect(values(bridge, 'RestartPreventExitStatus')).toEqual(['75'])
  expect(values(guardian, 'RestartPreventExitStatus')).toEqual([])
  // Neither is ended with the other.
  expect(values(bridge, 'Requires')).toEqual([])
  expect(values(bridge, 'BindsTo')).toEqual([])
  expect(values(bridge, 'After').join(' ')).toContain('bench-guardian.service')
})

it('closes what neither needs', () => {
  for (const unit of Object.values(made())) {
    expect(values(unit, 'User')).toEqual(['lightbench'])
    expect(values(unit, 'SupplementaryGroups')).toEqual(['dialout video'])
    expect(values(unit, 'ProtectSystem')).toEqual(['strict'])
    expect(values(unit, 'ProtectHome')).toEqual(['yes'])
    expect(values(unit, 'PrivateTmp')).toEqual(['yes'])
    expect(values(unit, 'NoNewPrivileges')).toEqual(['yes'])
    expect(values(unit, 'CapabilityBoundingSet')).toEqual([''])
    expect(values(unit, 'ReadWritePaths')).toEqual(['/var/lib/lightbench'])
    expect(values(unit, 'DeviceAllow')).toEqual(['char-* rw'])
    expect(values(unit, 'LimitNOFILE')).toHaveLength(1)
  }
})

it('leaves open what is needed: a checkout at home, a folder under /tmp, where the last resort is written', () => {
  const home = made({ root: '/home/anna/lightbench', node: '/home/anna/lightbench/node_modules/.bin/node' })
  expect(values(home.bridge, 'ProtectHome')).toEqual(['read-only'])
  expect(values(made({ dataDir: '/tmp/bench' }).guardian, 'PrivateTmp')).toEqual(['no'])
  const { guardian, bridge } = made({ lastResortDir: '/run/relay' })
  expect(values(guardian, 'ReadWritePaths')).toEqual(['/var/lib/lightbench -/run/relay'])
  expect(values(bridge, 'ReadWritePaths')).toEqual(['/var/lib/lightbench'])
  // /sys is where a GPIO line is written.
  expect(values(guardian, 'ProtectKernelTunables')).toEqual([])
})
