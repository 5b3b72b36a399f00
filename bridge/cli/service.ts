import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { parse } from 'yaml'
import { z } from 'zod'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Group, Terminal } from './action.ts'
import { configOption, readBenchFile } from './bench-file.ts'
import { positionals } from './positionals.ts'
import { serviceUnits } from './service-units.ts'

const UNITS_DIR = '/etc/systemd/system'
/** Whom serial ports, cameras and GPIO lines belong to, on Debian, Fedora and Arch. */
const DEVICE_GROUPS = ['dialout', 'uucp', 'video', 'plugdev', 'gpio']
const UNIT_NAME = /^[a-z][a-z0-9-]{0,39}$/
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** No more of bench.yaml than the units depend on. */
const part = z.looseObject({
  title: z.string().default('Lightbench'),
  server: z
    .looseObject({
      port: z.number().default(8080),
      guardian: z
        .looseObject({
          port: z.number().optional(),
          lastResort: z.looseObject({ file: z.string() }).optional(),
        })
        .default({}),
    })
    .prefault({}),
  devices: z
    .record(
      z.string(),
      z.looseObject({ share: z.looseObject({ portmapperPort: z.number().optional() }).optional() }),
    )
    .default({}),
})

export const serviceActions: Group = {
  install: {
    usage: '[--user NAME] [--name NAME] [--directory DIR] [--dry-run]',
    about:
      'Write two systemd units, the bridge and the guardian beside it, for this checkout and this bench file. They run ' +
      `as --user (who called sudo, when left out), are called --name (lightbench), and go to ${UNITS_DIR}; --dry-run ` +
      'prints them.',
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({
        args,
        allowPositionals: true,
        options: {
          ...configOption,
          user: { type: 'string' },
          name: { type: 'string', default: 'lightbench' },
          directory: { type: 'string', default: UNITS_DIR },
          'dry-run': { type: 'boolean', default: false },
        },
      })
      positionals(given, [])
      if (!UNIT_NAME.test(values.name)) {
        throw new BenchError('input.invalid', `--name ${values.name}: expected a-z, 0-9 and -, 40 at most`)
      }
      const config = resolve(values.config)
      const { dataDir } = await readBenchFile(config)
      const user = await existing(values.user ?? process.env['SUDO_USER'] ?? userInfo().username)
      const units = serviceUnits({
        name: values.name,
        node: projectNode(),
        root,
        nodeFlags: JSON.parse(await readFile(join(root, 'bridge/node-flags.json'), 'utf8')) as string[],
        config,
        dataDir,
        user: user.name,
        groups: await deviceGroups(),
        ...needsOf(parse(await readFile(config, 'utf8')), config),
      })
      if (values['dry-run']) print(units, terminal)
      else {
        await install(units, values.directory, values.name, terminal)
        await giveDataDir(dataDir, user, terminal)
      }
    },
  },
}

/** What the bench file asks of the units. */
function needsOf(
  bench: unknown,
  config: string,
): { title: string; lowPorts: boolean; lastResortDir: string | undefined } {
  const read = part.safeParse(bench ?? {})
  // The bridge says what is wrong with it, and where; the units do not depend on that.
  const { title, server, devices } = read.success ? read.data : part.parse({})
  const ports = [
    server.port,
    server.guardian.port,
    ...Object.values(devices).map(({ share }) => share?.portmapperPort),
  ]
  const { lastResort } = server.guardian
  const file = lastResort && resolve(dirname(config), lastResort.file)
  return {
    title,
    lowPorts: ports.some((port) => port !== undefined && port > 0 && port < 1024),
    lastResortDir: file === undefined || /^\/(dev|sys|proc)\//.test(file) ? undefined : dirname(file),
  }
}

function projectNode(): string {
  const node = join(root, 'node_modules/.bin/node')
  if (existsSync(node)) return node
  throw new BenchError('input.invalid', `${node} is not there: run npm run setup first`)
}

interface User {
  name: string
  uid: number
  gid: number
}

/** Throws `input.invalid` for root, and for somebody whom this machine does not know. */
async function existing(name: string): Promise<User> {
  if (name === 'root') {
    throw new BenchError(
      'input.invalid',
      'a bench does not run as root: name a user of its own with --user, and give them the data folder',
    )
  }
  const number = async (option: '-u' | '-g'): Promise<number> => {
    const { stdout } = await promisify(execFile)('id', [option, '--', name])
    return Number(stdout)
  }
  try {
    return { name, uid: await number('-u'), gid: await number('-g') }
  } catch (cause) {
    const message = `--user ${name}: this machine knows no such user: add one, e.g. with adduser --system --group ${name}`
    throw new BenchError('input.invalid', message, { cause })
  }
}

/** A unit whose data folder is not there does not start; one that may not write to it ends at once. */
async function giveDataDir(dataDir: string, { name, uid, gid }: User, terminal: Terminal): Promise<void> {
  if ((await mkdir(dataDir, { recursive: true, mode: 0o700 })) !== undefined && process.getuid?.() === 0)
    await chown(dataDir, uid, gid)
  if ((await stat(dataDir)).uid === uid) return
  terminal.note(`\n${dataDir} belongs to another user. Before the start:\n\n  chown -R ${name}: ${dataDir}`)
}

/** A unit that names a group which is not there does not start. */
async function deviceGroups(): Promise<string[]> {
  const text = await readFile('/etc/group', 'utf8').catch(() => '')
  const known = new Set(text.split('\n').map((line) => line.split(':', 1)[0]))
  return DEVICE_GROUPS.filter((group) => known.has(group))
}

function print(units: Record<string, string>, terminal: Terminal): void {
  for (const [name, text] of Object.entries(units)) terminal.print(`# ${name}\n${text}`)
}

async function install(
  units: Record<string, string>,
  directory: string,
  name: string,
  terminal: Terminal,
): Promise<void> {
  await mkdir(directory, { recursive: true }).catch(refuse(directory))
  for (const [file, text] of Object.entries(units)) {
    await writeFile(join(directory, file), text, { mode: 0o644 }).catch(refuse(directory))
    terminal.print(join(directory, file))
  }
  terminal.note(`
Start both now and whenever this machine starts:

  systemctl daemon-reload
  systemctl enable --now ${name}-guardian ${name}

docs/service.md says what the units promise, and how to look at them.`)
}

function refuse(directory: string): (cause: unknown) => never {
  return (cause) => {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new BenchError(
      'input.invalid',
      `${directory} cannot be written (${what}): use sudo, or name another with --directory`,
      { cause },
    )
  }
}
