import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Access, type Known } from '../../bridge/access/access.ts'
import { databaseFile, openDatabase } from '../../bridge/store/sqlite.ts'
import type { CommandName, InputOf, OutputOf } from '../../shared/commands.ts'
import { commands } from '../../shared/commands.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const PASSWORD = 'correct horse battery'
export const ADDRESS = '192.0.2.7'

/** Access on a database of its own, with a clock that only the test moves. */
export class AccessRig implements Disposable {
  now = 1_800_000_000_000
  readonly file = databaseFile(mkdtempSync(join(tmpdir(), 'lightbench-')))
  readonly db = openDatabase(this.file)
  readonly access = this.open()

  /** Another look at the same database, as after a restart. */
  open(secure = false): Access {
    const limits = { idleMs: 12 * HOUR, mostMs: 7 * DAY }
    return new Access({ db: this.db, limits, secure, now: () => this.now })
  }

  /** Signs in and answers the cookie that the browser sends from then on. */
  async signIn(name: string, address = ADDRESS): Promise<string> {
    return `lightbench=${await this.access.signIn(name, PASSWORD, address)}`
  }

  /** Calls a command as the bridge's door does, input parsed. */
  async call<K extends CommandName>(name: K, input: InputOf<K>, known: Known): Promise<OutputOf<K>> {
    const handler = this.access.handlers[name]
    if (!handler) throw new Error(`${name} has no handler`)
    const { signal } = new AbortController()
    const caller = { ...known, client: '0123456789ab', address: ADDRESS, arrivedAt: 0, signal }
    return await handler(commands[name].input.parse(input) as never, caller)
  }

  [Symbol.dispose](): void {
    this.db.close()
  }
}

/** The administrator of most tests, without a session of their own. */
export const ROOT: Known = { name: 'root', role: 'administrator', via: 'local', key: 'local' }
