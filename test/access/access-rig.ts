import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Access, type Known } from '../../bridge/access/access.ts'
import type { AccessStore } from '../../bridge/access/store.ts'
import { DirectStore } from '../../bridge/cli/direct-store.ts'
import { databaseFile, openDatabase } from '../../bridge/store/sqlite.ts'
import type { CommandName, InputOf, OutputOf } from '../../shared/commands.ts'
import { commands } from '../../shared/commands.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Row, Statement } from '../../bridge/core/tables.ts'
import type { HealthListener } from '../../bridge/store/health.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const PASSWORD = 'correct horse battery'
export const ADDRESS = '192.0.2.7'

/** The bench's store, on a disk that the test fills up. */
class Disk implements AccessStore {
  readonly #store: DirectStore
  #full = false
  readonly #changed = new Set<() => void>()
  readonly #healthListeners = new Set<HealthListener>()
  readonly health = {
    on: (listener: HealthListener) => {
      this.#healthListeners.add(listener)
      return () => this.#healthListeners.delete(listener)
    },
  }

  constructor(db: DatabaseSync) {
    this.#store = new DirectStore(db)
  }

  migrate(owner: string, steps: readonly string[]): Promise<void> {
    return this.#store.migrate(owner, steps)
  }

  get(sql: string): Promise<Row | undefined> {
    return this.#store.get(sql)
  }

  async write(...statements: readonly Statement[]): Promise<number[]> {
    if (this.#full) throw new BenchError('storage.full', 'the disk is full')
    return this.#store.write(...statements)
  }

  later(statement: Statement): void {
    if (!this.#full) this.#store.later(statement)
  }

  onForeignChange(listener: () => void): () => void {
    this.#changed.add(listener)
    return () => this.#changed.delete(listener)
  }

  fill(): void {
    this.#full = true
  }

  free(): void {
    this.#full = false
    for (const listener of this.#healthListeners) listener(undefined, undefined)
  }

  /** Another program has written. */
  change(): void {
    for (const listener of this.#changed) listener()
  }
}

/** Access on a database of its own, with a clock that only the test moves. */
export class AccessRig implements AsyncDisposable {
  now = 1_800_000_000_000
  monotonic = 0
  readonly file = databaseFile(mkdtempSync(join(tmpdir(), 'lightbench-')))
  readonly db = openDatabase(this.file)
  readonly disk = new Disk(this.db)
  access!: Access

  private constructor() {}

  static async open(): Promise<AccessRig> {
    const rig = new AccessRig()
    rig.access = await rig.openAnother()
    return rig
  }

  /** Another look at the same database, as after a restart. */
  openAnother(secure = false): Promise<Access> {
    const limits = { idleMs: 12 * HOUR, mostMs: 7 * DAY }
    const clocks = { now: () => this.now, monotonic: () => this.monotonic }
    return Access.open(this.disk, { limits, secure, ...clocks })
  }

  /** Ends the bench and starts it anew. */
  async restart(): Promise<void> {
    await this.access[Symbol.asyncDispose]()
    this.access = await this.openAnother()
  }

  /** Signs in and answers the cookie that the browser sends from then on. */
  async signIn(name: string, address = ADDRESS): Promise<string> {
    return this.cookieOf(await this.access.signIn(name, PASSWORD, address))
  }

  /** The cookie of a session's secret. */
  cookieOf(secret: string): string {
    return this.access.cookie.header(secret, DAY).split(';', 1)[0]!
  }

  /** Calls a command as the bridge's door does, input parsed. */
  async call<K extends CommandName>(name: K, input: InputOf<K>, known: Known): Promise<OutputOf<K>> {
    const handler = this.access.handlers[name]
    if (!handler) throw new Error(`${name} has no handler`)
    const { signal } = new AbortController()
    const caller = { ...known, client: '0123456789ab', address: ADDRESS, arrivedAt: 0, signal }
    return await handler(commands[name].input.parse(input) as never, caller)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.access[Symbol.asyncDispose]()
    this.db.close()
    rmSync(dirname(this.file), { recursive: true, force: true })
  }
}

/** The administrator of most tests, without a session of their own. */
export const ROOT: Known = { name: 'root', role: 'administrator', via: 'local', key: 'local' }
