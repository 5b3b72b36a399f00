import type { DatabaseSync } from 'node:sqlite'
import type { Role } from '../../shared/access.ts'
import { BenchError } from '../../shared/errors.ts'
import { userName } from '../../shared/people.ts'
import type { Caller, Handlers } from '../core/device.ts'
import { migrate } from '../store/sqlite.ts'
import { Attempts } from './attempts.ts'
import { secretIn } from './cookie.ts'
import { requireGoodPassword } from './passwords.ts'
import { SetupLink } from './setup-link.ts'
import { Sessions, type SessionLimits } from './sessions.ts'
import { tables } from './tables.ts'
import { Tokens } from './tokens.ts'
import { Users } from './users.ts'

/** What attempts to set up are counted under; no user can have this name. */
const SET_UP = 'set up'

/** Somebody who has shown a session or a token. */
export type Known = Pick<Caller, 'name' | 'role' | 'via' | 'key' | 'scope'>

interface AccessOptions {
  db: DatabaseSync
  limits: SessionLimits
  /** Whether browsers talk to the bridge over TLS, and cookies can be bound to that. */
  secure: boolean
  now?: () => number
}

/** Who is who: people with passwords, browsers that are signed in, and tokens. */
export class Access {
  readonly users: Users
  readonly tokens: Tokens
  readonly #sessions: Sessions
  readonly #attempts = new Attempts()
  readonly #setup: SetupLink
  readonly #secure: boolean

  constructor({ db, limits, secure, now = Date.now }: AccessOptions) {
    migrate(db, 'access', tables)
    this.users = new Users(db, now)
    this.tokens = new Tokens(db, now)
    this.#sessions = new Sessions(db, limits, now)
    this.#setup = new SetupLink(now)
    this.#secure = secure
  }

  /** Who sent a request, by its token or else its cookie; undefined when neither says. A bad token is not made good by a cookie. */
  identify(cookie: string | undefined, authorization: string | undefined): Known | undefined {
    // Other schemes are between the browser and a proxy.
    const bearer = /^Bearer\b\s*(.*)$/i.exec(authorization ?? '')
    if (bearer) {
      const token = this.tokens.find(bearer[1] ?? '')
      return token && { name: token.name, role: token.role, via: 'token', key: token.id, scope: token.scope }
    }
    const secret = secretIn(cookie, this.#secure)
    const session = secret === undefined ? undefined : this.#sessions.find(secret)
    return session && { name: session.user, role: session.role, via: 'session', key: session.id }
  }

  /** The role that somebody who was identified before has now; undefined when their session or token is over. */
  roleNow({ via, key }: Pick<Caller, 'via' | 'key'>): Role | undefined {
    return via === 'token' ? this.tokens.roleOf(key) : this.#sessions.roleOf(key)
  }

  /** Answers the new session's secret. Rejects with `credentials.invalid` or `attempts.exceeded`. */
  async signIn(name: string, password: string, address: string): Promise<string> {
    await this.#attempts.begin(name, address)
    if (!(await this.users.check(name, password))) {
      throw new BenchError('credentials.invalid', 'the name or the password is wrong')
    }
    await this.#attempts.succeeded(name, address)
    return this.#sessions.open(name, address)
  }

  /** Ends the session that a request shows. */
  signOut({ via, key }: Pick<Caller, 'via' | 'key'>): void {
    if (via === 'session') this.#sessions.close(key)
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
    await this.#attempts.begin(SET_UP, address)
    if (!this.users.empty) throw new BenchError('credentials.invalid', 'this bench is set up: sign in')
    this.#setup.use(key)
    await this.users.add(name, 'administrator', password)
    await this.#attempts.succeeded(SET_UP, address)
    return this.#sessions.open(name, address)
  }

  /** Changes somebody's role; tokens they made that can do more than that end. Throws `user.unknown` or `input.invalid`. */
  setRole(name: string, held: Role): void {
    this.users.setRole(name, held)
    this.tokens.revokeAbove(held, name)
  }

  /** Gives somebody a new password and ends their sessions. Rejects with `user.unknown` or `input.invalid`. */
  async setPassword(name: string, password: string): Promise<void> {
    await this.users.setPassword(name, password)
    this.#sessions.closeAll(name)
  }

  /** Lets somebody in no longer; their sessions and the tokens they made end. Throws `user.unknown` or `input.invalid`. */
  removeUser(name: string): void {
    this.users.remove(name)
    this.tokens.revokeAllOf(name)
  }

  handlers: Handlers = {
    'session.list': (_, { via, name, key }) => {
      // A token may bear a user's name.
      const own = via === 'session' ? this.#sessions.of(name) : []
      return Promise.resolve(own.map((session) => ({ ...session, current: session.id === key })))
    },
    'session.password': async ({ current, password }, caller) => {
      requireSession(caller)
      await this.#attempts.begin(caller.name, caller.address)
      if (!(await this.users.check(caller.name, current))) {
        throw new BenchError('credentials.invalid', 'the current password is wrong')
      }
      await this.#attempts.succeeded(caller.name, caller.address)
      await this.users.setPassword(caller.name, password)
      this.#sessions.closeAll(caller.name, caller.key)
      return {}
    },
    'session.signOutEverywhere': (_, caller) => {
      requireSession(caller)
      this.#sessions.closeAll(caller.name)
      return Promise.resolve({})
    },
    'user.list': () => Promise.resolve(this.users.list()),
    'user.add': async ({ name, role, password }) => {
      await this.users.add(name, role, password)
      return {}
    },
    'user.role': ({ name, role }) => {
      this.setRole(name, role)
      return Promise.resolve({})
    },
    'user.password': async ({ name, password }) => {
      await this.setPassword(name, password)
      return {}
    },
    'user.signOut': ({ name }) => {
      this.#sessions.closeAll(name)
      return Promise.resolve({})
    },
    'user.remove': ({ name }) => {
      this.removeUser(name)
      return Promise.resolve({})
    },
    'token.list': () => Promise.resolve(this.tokens.list()),
    'token.add': async (wish, { via, name }) => {
      // It would outlive the one that made it.
      if (via === 'token') throw new BenchError('credentials.invalid', 'a token cannot make tokens: sign in')
      return this.tokens.add(wish, name)
    },
    'token.revoke': ({ id }) => {
      this.tokens.revoke(id)
      return Promise.resolve({})
    },
  }
}

function requireSession({ via }: Caller): void {
  if (via === 'session') return
  throw new BenchError('credentials.invalid', 'this is for those who have signed in with a password')
}
