import { userActions } from '../../bridge/cli/user.ts'
import { post } from '../support/people.ts'
import { AT_ONCE_MS, type Case, comeBack, resetStop, say, SILENCE_MS } from './turret-safety-case.ts'
import { turret } from './turret-safety-rig.ts'
import { byHand, byRest, byToken, inOwnProcess } from './turret-safety-scene.ts'

/** By hand: a burst that somebody has asked for. */
export const byHandCases: readonly Case[] = [
  { name: 'laser.disable', withinMs: AT_ONCE_MS, lose: (scene) => say(scene, 'laser.disable', turret) },
  {
    name: 'laser.disable by somebody else, without the lease',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => void bench.root.client.ask('laser.disable', turret),
  },
  {
    name: 'the lease is released',
    withinMs: AT_ONCE_MS,
    lose: (scene) => say(scene, 'lease.release', {}),
    restore: ({ operator }) => operator.client.call('lease.take', {}),
  },
  {
    name: 'the lease is given to another who asks',
    withinMs: AT_ONCE_MS,
    lose: async (scene) => {
      const { client } = scene.bench.root
      const { client: to } = await client.call('session.hello', {})
      await client.call('lease.ask', {})
      scene.lost()
      say(scene, 'lease.give', { to })
    },
    restore: async ({ bench, operator }) => {
      await bench.root.client.call('lease.release', {})
      await operator.client.call('lease.take', {})
    },
  },
  {
    name: 'an administrator takes the lease',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => void bench.root.client.ask('lease.seize', {}),
    restore: async ({ bench, operator }) => {
      await bench.root.client.call('lease.release', {})
      await operator.client.call('lease.take', {})
    },
  },
  {
    name: 'the page says nothing any more, and stays connected',
    withinMs: SILENCE_MS,
    lose: ({ operator }) => operator.fallSilent(),
    restore: ({ operator }) => operator.beat(),
  },
  {
    name: 'the page is closed, and comes back with its lease',
    withinMs: AT_ONCE_MS,
    lose: ({ operator }) => void operator.client.socket.disconnect(),
    restore: comeBack,
  },
  {
    name: 'the connection that it was asked for by ends, and another of the same page stays',
    withinMs: AT_ONCE_MS,
    begin: async (scene) => {
      await byHand()(scene)
      const twin = await scene.come(scene.headers, scene.operator.page)
      twin.beat()
    },
    lose: ({ operator }) => void operator.client.socket.disconnect(),
  },
  {
    name: 'a script over REST gives its request up, and goes on beating',
    withinMs: AT_ONCE_MS,
    begin: byRest,
    lose: ({ request }) => request.abort(),
  },
  {
    name: 'a script over REST waits for its burst, and does not beat any more',
    withinMs: SILENCE_MS,
    begin: byRest,
    lose: (scene) => scene.endBeat(),
  },
  {
    name: "the operator's process is killed",
    withinMs: AT_ONCE_MS,
    begin: inOwnProcess,
    lose: ({ program }) => program?.child.kill('SIGKILL'),
  },
  {
    name: "the operator's process freezes without a word, and goes on later",
    withinMs: SILENCE_MS,
    begin: inOwnProcess,
    lose: ({ program }) => program?.child.kill('SIGSTOP'),
    restore: ({ program }) => program?.child.kill('SIGCONT'),
  },
  {
    name: 'an interlock opens: a file',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => bench.setDoor('0'),
    restore: ({ bench }) => bench.setDoor('1'),
  },
  {
    name: 'an interlock opens: a software key',
    withinMs: AT_ONCE_MS,
    lose: (scene) => say(scene, 'interlock.set', { interlock: 'key', closed: false }),
    restore: (scene) => say(scene, 'interlock.set', { interlock: 'key', closed: true }),
  },
  {
    name: 'an interlock opens that is an emergency stop, and is closed and reset',
    withinMs: AT_ONCE_MS,
    lose: (scene) => say(scene, 'interlock.set', { interlock: 'button', closed: false }),
    restore: async (scene) => {
      say(scene, 'interlock.set', { interlock: 'button', closed: true })
      await resetStop(scene)
    },
  },
  {
    name: 'the emergency stop of somebody who only watches, and is reset',
    withinMs: AT_ONCE_MS,
    lose: async (scene) => {
      const viewer = await scene.come(scene.bench.vera)
      scene.lost()
      void viewer.client.ask('estop.press', {})
    },
    restore: resetStop,
  },
  {
    name: 'the emergency stop of a script over REST, and is reset',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => void post(bench.url, '/api/estop', {}, bench.vera),
    restore: resetStop,
  },
]

/** What another program writes into the database is noticed within this time. */
const FOREIGN_MS = 250

/** Whoever has asked for it is not one who may act any more. */
export const accessCases: readonly Case[] = [
  {
    name: 'the role of an operator is taken away',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => void bench.root.client.ask('user.role', { name: 'ada', role: 'viewer' }),
    restore: async (scene) => {
      await scene.bench.root.client.call('user.role', { name: 'ada', role: 'operator' })
      await comeBack(scene)
    },
  },
  {
    name: 'the role of an operator is taken away on the command line',
    withinMs: FOREIGN_MS,
    lose: async (scene) => {
      const print = (): void => scene.lost()
      const terminal = { print, note: print, askSecret: () => Promise.resolve('') }
      await userActions['role']!.run(['ada', 'viewer', '--config', scene.bench.file], terminal)
    },
    restore: async (scene) => {
      await scene.bench.root.client.call('user.role', { name: 'ada', role: 'operator' })
      await comeBack(scene)
    },
  },
  {
    name: 'the operator signs out in another window',
    withinMs: AT_ONCE_MS,
    lose: ({ bench, headers }) => void post(bench.url, '/api/sign-out', {}, headers),
    restore: async (scene) => {
      scene.headers = scene.bench.ada = await scene.bench.signIn('ada')
      await comeBack(scene)
    },
  },
  {
    name: 'an administrator ends the sessions of the operator',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => void bench.root.client.ask('user.signOut', { name: 'ada' }),
    restore: async (scene) => {
      scene.headers = scene.bench.ada = await scene.bench.signIn('ada')
      await comeBack(scene)
    },
  },
  {
    name: 'the operator is removed from those who may come in',
    withinMs: AT_ONCE_MS,
    lose: ({ bench }) => void bench.root.client.ask('user.remove', { name: 'ada' }),
    restore: async (scene) => {
      scene.headers = scene.bench.ada = await scene.bench.add('ada', 'operator')
      await comeBack(scene)
    },
  },
  {
    name: 'the token of a script is revoked',
    withinMs: AT_ONCE_MS,
    begin: byToken,
    lose: ({ bench, token = '' }) => void bench.root.client.ask('token.revoke', { id: token }),
  },
]
