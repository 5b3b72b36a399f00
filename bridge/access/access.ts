import { randomBytes } from 'node:crypto'
import type { Role } from '../../shared/access/access.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { userName } from '../../shared/access/people.ts'
import { monotonicMs } from '../core/clock.ts'
import type { Caller, Handlers } from '../device/device.ts'
import type { Statement } from '../core/tables.ts'
import { Attempts } from './attempts.ts'
import { SessionCookie } from './cookie.ts'
import { Directory } from './directory.ts'
import { requireGoodPassword } from './passwords.ts'
import { peopleHandlers } from './people-handlers.ts'
import { ProviderPeople } from './provider-people.ts'
import { type UserRow, write } from './rows.ts'
import type { ProviderPerson } from './oidc.ts'
import { Proofs } from './proofs.ts'
import { SecondFactor } from './second-factor.ts'
import { SetupLink } from './setup-link.ts'
import { Sessions, type SessionLimits } from './sessions.ts'
import { SteadyTime } from './steady-time.ts'
import type { AccessStore } from './store.ts'
import { Tokens } from './tokens.ts'
import { Users } from './users.ts'

/** What attempts to set up are counted under; no user can have this name. */
const SET_UP = 'set up'
const SWEEP_MS = 60_000
const BENCH_ID_BYTES = 8

/** Somebody who has shown a session or a token. */
export type Known = Pick<Caller, 'name' | 'role' | 'via' | 'key' | 'scope'>

interface AccessOptions {
  limits: SessionLimits
  /** Whether browsers talk to the bridge over TLS, and cookies can be bound to that. */
  secure: boolean
  /** What authenticator apps call the bench. */
  title?: string
  /** The time of day in ms since the epoch. */
  now?: () => number
  /** A clock that nobody sets, in ms. */
  monotonic?: () => number
}

/** Who is who: people with passwords, browsers that are signed in, and tokens. All in memory: asking writes nothing and waits for nothing. */
export class Access implements AsyncDisposable {
  readonly users: Users
  readonly tokens: Tokens
  readonly cookie: SessionCookie
  readonly handlers: Handlers
  readonly #directory: Directory
  readonly #sessions: Sessions
  readonly #time: SteadyTime
  readonly #proofs: Proofs
  readonly #factor: SecondFactor
  readonly #providerPeople: ProviderPeople
  readonly #now: () => number
  readonly #attempts = new Attempts()
  readonly #setup: SetupLink
  readonly #sweeping: NodeJS.Timeout

  private constructor(
    directory: Directory,
    { limits, secure, title = 'Lightbench', now = Date.now, monotonic = monotonicMs }: AccessOptions,
  ) {
    this.#directory = directory
    this.#time = new SteadyTime({ wall: now, monotonic, latest: latestOf(directory) })
    this.users = new Users(directory, this.#time)
    this.tokens = new Tokens(directory, this.#time)
    this.#sessions = new Sessions(directory, limits, this.#time)
    this.#providerPeople = new ProviderPeople({ directory, users: this.users, time: this.#time })
    this.#now = now
    this.#setup = new SetupLink(now)
    this.#proofs = new Proofs(monotonic)
    this.#factor = new SecondFactor({ directory, issuer: title, now, monotonic })
    this.cookie = new SessionCookie(benchIdOf(directory), secure)
    this.handlers = peopleHandlers({
      users: this.users,
      tokens: this.tokens,
      sessions: this.#sessions,
      proofs: this.#proofs,
      factor: this.#factor,
      // An open session is a browser that is known: guesses elsewhere do not keep its owner from this.
      attempted: ({ name, address, key }, work) => this.#attempted(name, address, work, key),
    })
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS).unref()
  }

  /** Reads who there is. Rejects with `storage.failed` when that cannot be read. */
  static async open(store: AccessStore, options: AccessOptions): Promise<Access> {
    return new Access(await Directory.open(store), options)
  }

  /** Who sent a request, by its token or else its cookie; undefined when neither says. A bad token is not made good by a cookie. */
  identify(cookie: string | undefined, authorization: string | undefined): Known | undefined {
    // Other schemes are between the browser and a proxy.
    const bearer = /^Bearer\b\s*(.*)$/i.exec(authorization ?? '')
    if (bearer) {
      const token = this.tokens.find(bearer[1] ?? '')
      return token && { name: token.name, role: token.role, via: 'token', key: token.id, scope: token.scope }
    }
    const secret = this.cookie.secretIn(cookie)
    const session = secret === undefined ? undefined : this.#sessions.find(secret)
    if (!session) return undefined
    const { user, role, id, scope } = session
    return { name: user, role, via: 'session', key: id, ...(scope.devices ? { scope } : {}) }
  }

  /** The role that somebody who was identified before has now; undefined when their session or token is over. */
  roleNow({ via, key }: Pick<Caller, 'via' | 'key'>): Role | undefined {
    return via === 'token' ? this.tokens.roleOf(key) : this.#sessions.userOf(key)?.role
  }

  /** Throws `proof.required` unless the caller has shown lately who they are, for `what`. */
  requireProof(caller: Caller, what: string): void {
    this.#proofs.require(caller, what)
  }

  /**
   * Answers the new session's secret. Rejects with `credentials.invalid` or `attempts.exceeded`; with `factor.required`
   * when the password is right and a code is wanted besides. `browser`: a browser in which this user has signed in before.
   */
  async signIn(
    name: string,
    password: string,
    address: string,
    { code, browser }: { code?: string | undefined; browser?: string | undefined } = {},
  ): Promise<string> {
    const work = async (): Promise<string> => {
      const user = await this.users.check(name, password)
      if (!user) throw new BenchError('credentials.invalid', 'the name or the password is wrong')
      return this.#open(user, address, this.#factor.use(user, code))
    }
    return this.#attempted(name, address, work, browser)
  }

  /**
   * Answers the new session's secret for somebody whom the identity provider has sent, in the role of their groups.
   * Rejects with `role.required` without one, when they lose what they had, and with `user.exists` for a name of somebody else.
   */
  async signInFromProvider(
    person: ProviderPerson,
    role: Role | undefined,
    address: string,
  ): Promise<{ name: string; secret: string }> {
    const user = await this.#providerPeople.admit(person, role)
    const { id, secret } = await this.#sessions.open(user, address)
    // The provider may have known them for days: that they are there now, only a fresh word of it says.
    if (person.shownAt !== undefined) this.#proofs.note(id, Math.max(0, this.#now() - person.shownAt))
    return { name: user.name, secret }
  }

  /** Ends the session that a request shows. Rejects with `storage.full` or `storage.failed` when the disk does not have it yet. */
  async signOut({ via, key }: Pick<Caller, 'via' | 'key'>): Promise<void> {
    if (via === 'session') await this.#sessions.close(key)
  }

  /** The path of a link by which the first administrator comes in; undefined when there are users. */
  setupPath(): string | undefined {
    return this.users.empty ? this.#setup.make() : undefined
  }

  /** Makes the first administrator, and answers their session's secret. Rejects with `credentials.invalid` or `input.invalid`. */
  async setUp(key: string, name: string, password: string, address: string): Promise<string> {
    // Looked at before the link is used up: a password that is too short is no reason for a new one.
    const wrong = userName.safeParse(name).error
    if (wrong) throw new BenchError('input.invalid', wrong.issues.map(({ message }) => message).join('; '))
    requireGoodPassword(name, password)
    return this.#attempted(SET_UP, address, async () => {
      if (!this.users.empty) throw new BenchError('credentials.invalid', 'this bench is set up: sign in')
      const used = this.#setup.use(key)
      try {
        const user = await this.users.add(name, 'administrator', password)
        return await this.#open(user, address)
      } catch (error) {
        // A disk that is full is no reason for a new one either.
        if (this.users.empty) used.giveBack()
        throw error
      }
    })
  }

  /** Writes what has ended and is not on the disk yet, as far as the disk takes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeping)
    this.#sweep()
    await this.#directory[Symbol.asyncDispose]()
  }

  /** Opens a session for somebody who has shown just now who they are. Answers its secret. */
  async #open(user: UserRow, address: string, besides: readonly Statement[] = []): Promise<string> {
    const { id, secret } = await this.#sessions.open(user, address, besides)
    this.#proofs.note(id)
    return secret
  }

  /** Counts an attempt to show a secret before it is looked at. Rejects with `attempts.exceeded` when there were too many. */
  async #attempted<T>(
    account: string,
    address: string,
    work: () => Promise<T>,
    browser?: string,
  ): Promise<T> {
    await this.#attempts.begin(account, address, browser)
    const done = await work()
    await this.#attempts.succeeded(account, address, browser)
    return done
  }

  #sweep(): void {
    this.#sessions.sweep()
    this.tokens.sweep()
    this.#proofs.sweep()
    this.#factor.sweep()
    this.#directory.note(write.latest(this.#time.now()), 'latest time')
  }
}

/** The latest time that the directory knows of, in ms since the epoch. */
function latestOf({ facts, users, sessions, tokens }: Directory): number {
  const kept = facts.get('latest')
  let latest = typeof kept === 'number' ? kept : 0
  for (const { created_at, seen_at } of users.values()) latest = Math.max(latest, created_at, seen_at ?? 0)
  for (const { seen_at } of sessions.values()) latest = Math.max(latest, seen_at)
  for (const { created_at, used_at } of tokens.values()) latest = Math.max(latest, created_at, used_at ?? 0)
  return latest
}

/** The bench's id, which is made when there is none. */
function benchIdOf(directory: Directory): string {
  const kept = directory.facts.get('bench')
  if (typeof kept === 'string') return kept
  const made = randomBytes(BENCH_ID_BYTES).toString('hex')
  directory.note(write.benchId(made), 'bench id')
  return made
}
