import { expect, it } from 'vitest'
import { AccessRig, DAY, HOUR, PASSWORD, ROOT } from './access-rig.ts'

async function rigWith(...names: string[]): Promise<AccessRig> {
  const rig = await AccessRig.open()
  for (const name of names) await rig.access.users.add(name, 'operator', PASSWORD)
  return rig
}

it('knows who is signed in by the cookie, and nobody by another', async () => {
  await using rig = await rigWith('ada')
  const cookie = await rig.signIn('ada')
  expect(rig.access.identify(cookie, undefined)).toMatchObject({
    name: 'ada',
    role: 'operator',
    via: 'session',
  })
  expect(rig.access.identify(undefined, undefined)).toBeUndefined()
  expect(rig.access.identify(rig.cookieOf('A'.repeat(43)), undefined)).toBeUndefined()
})

it('ends a session that is idle, and keeps one that is used', async () => {
  await using rig = await rigWith('ada', 'bob')
  const [used, idle] = [await rig.signIn('ada'), await rig.signIn('bob')]
  for (let hours = 0; hours < 20; hours += 4) {
    rig.now += 4 * HOUR
    expect(rig.access.identify(used, undefined)).toBeDefined()
  }
  expect(rig.access.identify(idle, undefined)).toBeUndefined()
})

it('ends a session after its longest time, however much it is used', async () => {
  await using rig = await rigWith('ada')
  const cookie = await rig.signIn('ada')
  const end = rig.now + 7 * DAY
  while (rig.now + 6 * HOUR < end) {
    rig.now += 6 * HOUR
    expect(rig.access.identify(cookie, undefined)).toBeDefined()
  }
  rig.now = end
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
})

it('writes down at most once a minute that a session is used', async () => {
  await using rig = await rigWith('ada')
  const cookie = await rig.signIn('ada')
  const writes = (): unknown => rig.db.prepare('SELECT total_changes() AS n').get()?.['n']
  const before = writes()
  for (let s = 0; s < 59; s++) {
    rig.now += 1000
    rig.access.identify(cookie, undefined)
  }
  expect(writes()).toBe(before)
  rig.now += 1000
  rig.access.identify(cookie, undefined)
  expect(writes()).not.toBe(before)
})

it('outlives a restart of the bridge', async () => {
  await using rig = await rigWith('ada')
  const cookie = await rig.signIn('ada')
  expect((await rig.openAnother()).identify(cookie, undefined)).toMatchObject({ name: 'ada' })
})

it('ends the one session that signs out, and no other', async () => {
  await using rig = await rigWith('ada')
  const [here, there] = [await rig.signIn('ada'), await rig.signIn('ada')]
  await rig.access.signOut(rig.access.identify(here, undefined)!)
  expect(rig.access.identify(here, undefined)).toBeUndefined()
  expect(rig.access.identify(there, undefined)).toBeDefined()
})

it("ends all of one's own sessions, and nobody else's", async () => {
  await using rig = await rigWith('ada', 'bob')
  const [here, there, other] = [await rig.signIn('ada'), await rig.signIn('ada'), await rig.signIn('bob')]
  await rig.call('session.signOutEverywhere', {}, rig.access.identify(here, undefined)!)
  expect(rig.access.identify(here, undefined)).toBeUndefined()
  expect(rig.access.identify(there, undefined)).toBeUndefined()
  expect(rig.access.identify(other, undefined)).toBeDefined()
})

it("lets an administrator end all of somebody's sessions", async () => {
  await using rig = await rigWith('ada')
  const cookie = await rig.signIn('ada')
  await rig.call('user.signOut', { name: 'ada' }, ROOT)
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
})

it("lists one's own sessions, and says which is this one", async () => {
  await using rig = await rigWith('ada', 'bob')
  await rig.signIn('bob')
  const there = await rig.signIn('ada', '192.0.2.8')
  rig.now += 1000
  const here = await rig.signIn('ada')
  const listed = await rig.call('session.list', {}, rig.access.identify(here, undefined)!)
  expect(listed.map(({ address, current }) => ({ address, current }))).toEqual([
    { address: '192.0.2.7', current: true },
    { address: '192.0.2.8', current: false },
  ])
  for (const cookie of [here, there]) expect(JSON.stringify(listed)).not.toContain(cookie.split('=')[1])
})

it("does not take a token of a user's name for the user", async () => {
  await using rig = await rigWith('ada')
  const cookie = await rig.signIn('ada')
  const { secret } = await rig.access.tokens.add({ name: 'ada', role: 'viewer', scope: {} }, 'root')
  const token = rig.access.identify(undefined, `Bearer ${secret}`)!
  expect(await rig.call('session.list', {}, token)).toEqual([])
  const refused = { code: 'credentials.invalid', message: expect.stringContaining('with a password') }
  await expect(rig.call('session.signOutEverywhere', {}, token)).rejects.toMatchObject(refused)
  const change = { current: PASSWORD, password: 'another good one' }
  await expect(rig.call('session.password', change, token)).rejects.toMatchObject(refused)
  expect(rig.access.identify(cookie, undefined)).toBeDefined()
})
