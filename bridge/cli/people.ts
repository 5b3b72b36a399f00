import type { z } from 'zod'
import { isAudited } from '../../shared/wire/command.ts'
import { BenchError, explainIssues } from '../../shared/wire/errors.ts'
import { peopleCommands } from '../../shared/access/people.ts'
import { Access } from '../access/access.ts'
import type { Caller } from '../device/device.ts'
import { keptInput } from '../core/kept-input.ts'
import { openDatabase } from '../store/sqlite.ts'
import { noteInAudit } from './audit-note.ts'
import { readBenchFile } from './bench-file.ts'
import { DirectStore } from './direct-store.ts'

type Commands = typeof peopleCommands
type Name = keyof Commands

/** Whoever can write the database is above all roles. No user can have this name, which has a space. */
export const COMMAND_LINE: Caller = {
  name: 'command line',
  role: 'administrator',
  via: 'local',
  key: 'command-line',
  client: '',
  address: 'local',
  arrivedAt: 0,
  signal: new AbortController().signal,
}

/** Calls a command on the bench's database as the bridge would, one that runs beside it or not. */
export type CallPeople = <K extends Name>(
  name: K,
  input: z.input<Commands[K]['input']>,
) => Promise<z.output<Commands[K]['output']>>

/** Opens the database of the bench in `config` for as long as `work` takes. */
export async function withPeople<T>(config: string, work: (call: CallPeople) => Promise<T>): Promise<T> {
  const { database, dataDir } = await readBenchFile(config)
  const db = openDatabase(database)
  try {
    // Sessions end by the limits of the bridge, which are not the command line's to judge.
    const limits = { idleMs: Infinity, mostMs: Infinity }
    await using access = await Access.open(new DirectStore(db), { limits, secure: false })
    const { handlers } = access
    return await work(async (name, input) => {
      const parsed = peopleCommands[name].input.safeParse(input)
      if (!parsed.success) throw new BenchError('input.invalid', explainIssues(parsed.error))
      const handler = handlers[name]
      if (!handler) throw new Error(`unreachable: ${name} has no handler`)
      const answer = await handler(parsed.data as never, COMMAND_LINE)
      if (isAudited(peopleCommands[name])) await noted(dataDir, name, input)
      return answer
    })
  } finally {
    db.close()
  }
}

/** It is done, and is not taken back where the audit cannot be written. */
async function noted(dataDir: string, action: Name, input: unknown): Promise<void> {
  try {
    await noteInAudit(dataDir, { action, input: keptInput(action, input) })
  } catch (error) {
    process.stderr.write(`The audit does not say that this was done: ${String(error)}\n`)
  }
}
