import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { BenchAction } from '../../shared/watches/watch.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { ask, type Headers, setUp, signedIn } from '../support/people.ts'
import { Follower } from './watch-rig.ts'

const POLL = { timeout: 20_000, interval: 50 }
let bridge: Awaited<ReturnType<typeof startBridge>>
let admin: Headers
let watcher: Follower

beforeAll(async () => {
  bridge = await startBridge(
    await writeBench({
      server: { localRole: 'none' },
      devices: { cam: { driver: 'camera.sim', width: 160, height: 120 } },
    }),
  )
  admin = await setUp(bridge.ready.url, bridge.output)
  watcher = await Follower.open(bridge.ready.url, admin)
  await vi.waitFor(async () => {
    const { snapshot } = await watcher.client.call('topic.read', { topic: 'camera/cam' })
    expect(snapshot).toMatchObject({ lifecycle: { phase: 'ready' } })
  }, POLL)
}, 60_000)

afterAll(async () => {
  watcher[Symbol.dispose]()
  await bridge.end()
})

/** A watch of somebody's that fails at its first check, and then has the bench do something. */
async function failing(who: Headers, name: string, action: BenchAction): Promise<string> {
  const { id } = await ask(bridge.ready.url, who, 'watch.save', {
    ...{ name, schedule: {} },
    what: {
      kind: 'reading',
      device: 'cam',
      source: { from: 'topic', path: 'width' },
      condition: { is: 'above', limit: 1 },
    },
    notify: [{ on: ['failed'], to: [], actions: [action] }],
  })
  return id
}

/** What the audit says that the watch has done. */
async function deeds(name: string): Promise<string[]> {
  const lines = await ask(bridge.ready.url, admin, 'audit.read', { limit: 1000 })
  return lines.flatMap(({ who, action, message }) =>
    who === `watch ${name}` ? [`${action}: ${String(message)}`] : [],
  )
}

it('acts for whoever saved the watch: a still, and its device made safe', async () => {
  const olga = await signedIn(bridge.ready.url, admin, 'olga', 'operator')
  const still = await failing(olga, 'still', { do: 'still', device: 'cam' })
  const safe = await failing(olga, 'safe', { do: 'safe', device: 'cam' })
  await watcher.client.call('watch.check', { ids: [still, safe] })
  await expect
    .poll(() => deeds('still'), POLL)
    .toEqual([expect.stringMatching(/^camera.still: still has failed/)])
  await expect
    .poll(() => deeds('safe'), POLL)
    .toEqual([expect.stringMatching(/^device.stop: safe has failed/)])
  const media = await ask(bridge.ready.url, admin, 'media.list', {})
  expect(JSON.stringify(media)).toContain('taken by the watch still')
})

it.each([
  ['is a viewer by now', 'vera', /^camera.still: not done: vera, who saved the watch, is viewer now/],
  ['is no user any more', 'uwe', /^camera.still: not done: uwe, who saved the watch, is not let in any more/],
  ['was known by a token that is revoked', 'tom', /not done: script, who saved the watch, is not let in/],
] as const)('refuses, and says so, when whoever saved the watch %s', async (_, name, said) => {
  const { url } = bridge.ready
  let who = await signedIn(url, admin, name, 'operator')
  let token: string | undefined
  if (name === 'tom') {
    const wish = { name: 'script', role: 'operator', scope: {} } as const
    const { secret, id } = await ask(url, admin, 'token.add', wish)
    who = { authorization: `Bearer ${secret}` }
    token = id
  }
  const id = await failing(who, name, { do: 'still', device: 'cam' })
  if (name === 'vera') await ask(url, admin, 'user.role', { name, role: 'viewer' })
  else if (token !== undefined) await ask(url, admin, 'token.revoke', { id: token })
  else {
    await ask(url, admin, 'user.remove', { name })
    // Somebody else who is called the same is somebody else.
    await signedIn(url, admin, name, 'administrator')
  }
  await watcher.check(id)
  await expect.poll(() => deeds(name), POLL).toEqual([expect.stringMatching(said)])
  const told = Object.values(watcher.all.events).filter(({ watch }) => watch === id)
  expect(told.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^cam: it could not take a still: .* who saved the watch/),
  )
})
