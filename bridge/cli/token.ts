import { parseArgs } from 'node:util'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Group } from './action.ts'
import { configOption } from './bench-file.ts'
import { scopeNamed } from './device-scope.ts'
import { withPeople } from './people.ts'
import { positionals } from './positionals.ts'
import { table, timeCell } from './table.ts'
import { roleNamed } from './user.ts'

const DAY_MS = 86_400_000
/** A token that nobody thinks of again ends by itself. */
const DAYS = '90'

const options = configOption

export const tokenActions: Group = {
  add: {
    usage: 'NAME [--role viewer|operator|administrator] [--device ID]… [--days N | --forever]',
    about: `Make a token and show it, this once. A viewer for all devices and ${DAYS} days unless said otherwise.`,
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({
        args,
        allowPositionals: true,
        options: {
          ...options,
          role: { type: 'string', default: 'viewer' },
          device: { type: 'string', multiple: true },
          days: { type: 'string' },
          forever: { type: 'boolean', default: false },
        },
      })
      const [name] = positionals(given, ['NAME'])
      const role = roleNamed(values.role)
      const expiresAt = expiry(values.days, values.forever)
      const scope = await scopeNamed(values.device, values.config)
      const made = await withPeople(values.config, (call) =>
        call('token.add', { name, role, scope, ...(expiresAt === undefined ? {} : { expiresAt }) }),
      )
      terminal.print(made.secret)
      terminal.note(
        `Keep it now: it is not shown again. Send it as "Authorization: Bearer …". Its id is ${made.id}.`,
      )
    },
  },
  list: {
    usage: '',
    about: 'The tokens there are, without their secrets.',
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({ args, allowPositionals: true, options })
      positionals(given, [])
      const tokens = await withPeople(values.config, (call) => call('token.list', {}))
      const rows = tokens.map(({ id, name, role, scope, createdBy, expiresAt, lastUsedAt }) => [
        id,
        name,
        role,
        scope.devices?.join(',') ?? 'all',
        createdBy,
        expiresAt === undefined ? 'never' : timeCell(expiresAt),
        timeCell(lastUsedAt),
      ])
      terminal.print(table(['ID', 'NAME', 'ROLE', 'DEVICES', 'MADE BY', 'EXPIRES', 'LAST USED'], rows))
    },
  },
  revoke: {
    usage: 'ID',
    about: 'End a token, and whatever is open by it. `token list` shows the ids.',
    async run(args, terminal) {
      const { values, positionals: given } = parseArgs({ args, allowPositionals: true, options })
      const [id] = positionals(given, ['ID'])
      await withPeople(values.config, (call) => call('token.revoke', { id }))
      terminal.print(`Token ${id} is revoked.`)
    },
  },
}

function expiry(days: string | undefined, forever: boolean): number | undefined {
  if (forever) {
    if (days === undefined) return undefined
    throw new BenchError('input.invalid', '--days and --forever: give one of them')
  }
  const count = Number(days ?? DAYS)
  if (!Number.isInteger(count) || count < 1 || count > 3650) {
    throw new BenchError('input.invalid', `--days ${days ?? ''}: expected a whole number from 1 to 3650`)
  }
  return Date.now() + count * DAY_MS
}
