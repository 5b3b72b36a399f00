import { BenchError } from '../../shared/wire/errors.ts'
import type { Action, Group, Terminal } from './action.ts'
import { askSecret } from './secret-input.ts'

/** Each loaded when it is asked for: the certificates' library is slow to load, and seldom needed. */
const groups: Record<string, () => Promise<Group>> = {
  user: async () => (await import('./user.ts')).userActions,
  token: async () => (await import('./token.ts')).tokenActions,
  tls: async () => (await import('./tls.ts')).tlsActions,
  service: async () => (await import('./service.ts')).serviceActions,
}

/** What is done without a second word: `lightbench probe RESOURCE`. */
const single: Record<string, () => Promise<Action>> = {
  probe: async () => (await import('./probe.ts')).probe,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  check: async () => (await import('./check.ts')).check,
}

const terminal: Terminal = {
  print: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
  askSecret,
}

async function main([group = '', verb = '', ...args]: string[]): Promise<number> {
  const alone = Object.hasOwn(single, group) ? single[group] : undefined
  if (alone)
    return runSingle(
      group,
      await alone(),
      [verb, ...args].filter((word) => word !== ''),
    )
  const load = Object.hasOwn(groups, group) ? groups[group] : undefined
  if (!load) {
    process.stderr.write(
      `There is no command '${group}'. There are: ${[...Object.keys(groups), ...Object.keys(single)].join(', ')}.\n`,
    )
    return 2
  }
  const actions = await load()
  const action = Object.hasOwn(actions, verb) ? actions[verb] : undefined
  if (!action || args.includes('--help') || args.includes('-h')) {
    const asked = ['', '--help', '-h', 'help'].includes(verb) || action !== undefined
    const out = asked ? process.stdout : process.stderr
    if (!asked) out.write(`There is no command '${group} ${verb}'.\n\n`)
    out.write(help(group, actions))
    return asked ? 0 : 2
  }
  return perform(`${group} ${verb}`, action, args)
}

async function runSingle(name: string, action: Action, args: string[]): Promise<number> {
  const needsWords = !action.usage.startsWith('[')
  const asksHow = args.includes('--help') || args.includes('-h') || (args.length === 0 && needsWords)
  if (!asksHow) return perform(name, action, args)
  process.stdout.write(`  lightbench ${name} ${action.usage}\n      ${action.about}\n`)
  return 0
}

async function perform(name: string, action: Action, args: string[]): Promise<number> {
  try {
    await action.run(args, terminal)
    return 0
  } catch (error) {
    if (!(error instanceof BenchError || isUsageError(error))) throw error
    process.stderr.write(`lightbench ${name}: ${error.message}\n`)
    return 1
  }
}

function help(group: string, actions: Group): string {
  const entries = Object.entries(actions).map(
    ([verb, { usage, about }]) => `  lightbench ${group} ${verb} ${usage}`.trimEnd() + `\n      ${about}\n`,
  )
  return `${entries.join('')}\nAll take --config FILE, the bench's file (bench.yaml in this folder).\n`
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

process.exitCode = await main(process.argv.slice(2))
