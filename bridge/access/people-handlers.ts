import { BenchError } from '../../shared/wire/errors.ts'
import type { Caller, Handlers } from '../device/device.ts'
import type { Proofs } from './proofs.ts'
import type { SecondFactor } from './second-factor.ts'
import type { Sessions } from './sessions.ts'
import type { Tokens } from './tokens.ts'
import type { Users } from './users.ts'

interface People {
  users: Users
  tokens: Tokens
  sessions: Sessions
  proofs: Proofs
  factor: SecondFactor
  /** Does what shows a secret of an account, counted: too many wrong ones are refused. */
  attempted: <T>(caller: Caller, work: () => Promise<T>) => Promise<T>
}

/** The commands of people, sessions and tokens. */
export function peopleHandlers({ users, tokens, sessions, proofs, factor, attempted }: People): Handlers {
  return {
    'session.list': (_, { via, name, key }) => {
      // A token may bear a user's name.
      const own = via === 'session' ? sessions.of(name) : []
      return Promise.resolve(own.map((session) => ({ ...session, current: session.id === key })))
    },
    'session.password': async ({ current, password }, caller) => {
      requireSession(caller)
      await attempted(caller, async () => {
        if (!(await users.check(caller.name, current)))
          throw new BenchError('credentials.invalid', 'the current password is wrong')
      })
      await users.setPassword(caller.name, password, { except: caller.key, keepsTokens: true })
      return { tokens: tokens.madeBy(caller.name) }
    },
    'session.prove': async ({ password, code }, caller) => {
      requireSession(caller)
      if (users.kindOf(caller.name) === 'oidc') {
        const message = 'you sign in by the identity provider: sign in there anew (api/oidc/start?anew=1)'
        throw new BenchError('credentials.invalid', message)
      }
      await attempted(caller, async () => {
        const user = await users.check(caller.name, password)
        if (!user) throw new BenchError('credentials.invalid', 'the password is wrong')
        await users.noteUse(factor.use(user, code))
      })
      proofs.note(caller.key)
      return {}
    },
    'session.credentials': (_, { via, name }) =>
      Promise.resolve(
        via === 'session'
          ? { kind: users.kindOf(name), ...factor.stateOf(name) }
          : { kind: 'none', enrolled: false, recoveryCodes: 0 },
      ),
    'session.enrolFactor': (_, caller) =>
      Promise.try(() => {
        requireSession(caller)
        return factor.begin(caller.name, caller.key)
      }),
    'session.confirmFactor': async ({ code }, caller) => {
      requireSession(caller)
      const confirmed = attempted(caller, () => factor.confirm(caller.name, caller.key, code))
      return { recoveryCodes: await confirmed }
    },
    'session.renewRecoveryCodes': async (_, caller) => {
      requireSession(caller)
      return { recoveryCodes: await factor.renewRecoveryCodes(caller.name) }
    },
    'session.removeFactor': async (_, caller) => {
      requireSession(caller)
      await factor.remove(caller.name)
      return {}
    },
    'session.endToken': async ({ id }, caller) => {
      requireSession(caller)
      if (!tokens.madeBy(caller.name).some((token) => token.id === id))
        throw new BenchError('token.unknown', `you have made no token "${id}"`)
      await tokens.revoke(id)
      return {}
    },
    'session.signOutEverywhere': async (_, caller) => {
      requireSession(caller)
      await sessions.closeAll(caller.name)
      return {}
    },
    'user.list': () => Promise.resolve(users.list()),
    'user.add': async ({ name, role, password, scope }) => {
      await users.add(name, role, password, scope)
      return {}
    },
    'user.role': async ({ name, role }) => {
      await users.setRole(name, role)
      return {}
    },
    'user.scope': async ({ name, scope }) => {
      await users.setScope(name, scope)
      return {}
    },
    'user.password': async ({ name, password }) => {
      await users.setPassword(name, password)
      return {}
    },
    'user.resetFactor': async ({ name }) => {
      await factor.remove(name)
      return {}
    },
    'user.signOut': async ({ name }) => {
      await sessions.closeAll(name)
      return {}
    },
    'user.remove': async ({ name }) => {
      await users.remove(name)
      return {}
    },
    'token.list': () => Promise.resolve(tokens.list()),
    'token.add': (wish, { via, name }) => {
      // It would outlive the one that made it.
      if (via === 'token') throw new BenchError('credentials.invalid', 'a token cannot make tokens: sign in')
      return tokens.add(wish, name)
    },
    'token.revoke': async ({ id }) => {
      await tokens.revoke(id)
      return {}
    },
  }
}

function requireSession({ via }: Caller): void {
  if (via === 'session') return
  throw new BenchError('credentials.invalid', 'this is for those who have signed in with a password')
}
