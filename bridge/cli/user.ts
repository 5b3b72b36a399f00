import { parseArgs } from 'node:util'
import { role, type Role } from '../../shared/access/access.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Group } from './action.ts'
import { configOption } from './bench-file.ts'
import { scopeNamed } from './device-scope.ts'
import { withPeople } from './people.ts'
import { positionals } from './positionals.ts'
import { table, timeCell } from './table.ts'

const options = configOption

export const userActions: Group = {
  add: {
    usage: 'NAME [--role viewer|operator|administrator] [--device ID]…',
    about: 'Let somebody in; asks for their first password. A viewer of all devices unless said otherwise.',
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({
        args,
        allowPositionals: true,
        options: {
          ...options,
          role: { type: 'string', default: 'viewer' },
          device: { type: 'string', multiple: true },
        },
      })
      const [name] = positionals(given, ['NAME'])
      const held = roleNamed(values.role)
      const scope = await scopeNamed(values.device, values.config)
      await withPeople(values.config, async (call) => {
        const password = await terminal.askSecret(`Password for ${name}`, true)
        await call('user.add', { name, role: held, password, scope })
      })
      terminal.print(`${name} can sign in as ${held}.`)
    },
  },
  list: {
    usage: '',
    about: 'Everybody who can sign in.',
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({ args, allowPositionals: true, options })
      positionals(given, [])
      const users = await withPeople(values.config, (call) => call('user.list', {}))
      const rows = users.map(({ name, role, scope, createdAt, lastSeenAt, sessions }) => [
        name,
        role,
        scope.devices?.join(',') ?? 'all',
        timeCell(createdAt),
        timeCell(lastSeenAt),
        String(sessions),
      ])
      terminal.print(table(['NAME', 'ROLE', 'DEVICES', 'ADDED', 'LAST SEEN', 'SESSIONS'], rows))
    },
  },
  role: {
    usage: 'NAME viewer|operator|administrator',
    about: "Change somebody's role, at once.",
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({ args, allowPositionals: true, options })
      const [name, wanted] = positionals(given, ['NAME', 'ROLE'])
      const held = roleNamed(wanted)
      await withPeople(values.config, (call) => call('user.role', { name, role: held }))
      terminal.print(`${name} is ${held} now.`)
    },
  },
  devices: {
    usage: 'NAME [--device ID]…',
    about: 'Bind somebody to devices; to none in particular without --device.',
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({
        args,
        allowPositionals: true,
        options: { ...options, device: { type: 'string', multiple: true } },
      })
      const [name] = positionals(given, ['NAME'])
      const scope = await scopeNamed(values.device, values.config)
      await withPeople(values.config, (call) => call('user.scope', { name, scope }))
      terminal.print(
        `${name} is bound to ${scope.devices?.join(', ') ?? 'no device in particular: they reach all'}.`,
      )
    },
  },
  passwd: {
    usage: 'NAME',
    about:
      'Give somebody a new password, which is asked for; all their sessions and the tokens they made end.',
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({ args, allowPositionals: true, options })
      const [name] = positionals(given, ['NAME'])
      await withPeople(values.config, async (call) => {
        const password = await terminal.askSecret(`New password for ${name}`, true)
        await call('user.password', { name, password })
      })
      terminal.print(`${name} has a new password, and is signed out everywhere.`)
    },
  },
  'reset-factor': {
    usage: 'NAME',
    about: 'Take the second factor off somebody who has lost their authenticator and their recovery codes.',
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({ args, allowPositionals: true, options })
      const [name] = positionals(given, ['NAME'])
      await withPeople(values.config, (call) => call('user.resetFactor', { name }))
      terminal.print(`${name} signs in with the password alone now.`)
    },
  },
  remove: {
    usage: 'NAME',
    about: 'Let somebody in no longer: their sessions and the tokens they made end.',
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({ args, allowPositionals: true, options })
      const [name] = positionals(given, ['NAME'])
      await withPeople(values.config, (call) => call('user.remove', { name }))
      terminal.print(`${name} is removed.`)
    },
  },
}

/** Throws `input.invalid` with the roles there are. */
export function roleNamed(text: string): Role {
  const held = role.safeParse(text)
  if (held.success) return held.data
  const message = `there is no role "${text}": there are ${role.options.join(', ')}`
  throw new BenchError('input.invalid', message)
}
