import { describe, expect, it } from 'vitest'
import { AccessRig, ADDRESS, PASSWORD, ROOT } from './access-rig.ts'

const OTHER = 'a different password'

async function rigWith(...names: string[]): Promise<AccessRig> {
  const rig = await AccessRig.open()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  for (const name of names) await rig.access.users.add(name, 'operator', PASSWORD)
  return rig
}

it('gives a changed role to sessions that are open, at once', async () => {
  await using rig = await rigWith('bob')
  const cookie = await rig.signIn('bob')
  await rig.call('user.role', { name: 'bob', role: 'viewer' }, ROOT)
  expect(rig.access.identify(cookie, undefined)).toMatchObject({ role: 'viewer' })
})

it('refuses the session and the password of a removed user', async () => {
  await using rig = await rigWith('bob')
  const cookie = await rig.signIn('bob')
  await rig.call('user.remove', { name: 'bob' }, ROOT)
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
  await expect(rig.signIn('bob')).rejects.toMatchObject({ code: 'credentials.invalid' })
  await rig.access.users.add('bob', 'viewer', PASSWORD)
  expect(rig.access.identify(cookie, undefined), 'a new user of the old name').toBeUndefined()
})

describe('the last administrator', () => {
  it('can be neither removed nor demoted', async () => {
    await using rig = await rigWith('bob')
    const last = { code: 'input.invalid', message: expect.stringContaining('last administrator') }
    await expect(rig.call('user.remove', { name: 'ada' }, ROOT)).rejects.toMatchObject(last)
    for (const role of ['viewer', 'operator'] as const) {
      await expect(rig.access.users.setRole('ada', role)).rejects.toThrow('last administrator')
    }
    await rig.access.users.setRole('ada', 'administrator')
    expect(rig.access.users.list().map(({ name, role }) => [name, role])).toEqual([
      ['ada', 'administrator'],
      ['bob', 'operator'],
    ])
  })

  it('can go once there is another', async () => {
    await using rig = await rigWith('bob')
    await rig.access.users.setRole('bob', 'administrator')
    await rig.call('user.remove', { name: 'ada' }, ROOT)
    expect(rig.access.users.list().map(({ name }) => name)).toEqual(['bob'])
  })
})

describe('a new password', () => {
  it('ends all sessions when an administrator gives it, and the old one is no longer good', async () => {
    await using rig = await rigWith('bob')
    const cookie = await rig.signIn('bob')
    await rig.call('user.password', { name: 'bob', password: OTHER }, ROOT)
    expect(rig.access.identify(cookie, undefined)).toBeUndefined()
    await expect(rig.signIn('bob')).rejects.toMatchObject({ code: 'credentials.invalid' })
    await expect(rig.access.signIn('bob', OTHER, ADDRESS)).resolves.toBeTypeOf('string')
  })

  it("ends one's other sessions when one gives it oneself, with the current one", async () => {
    await using rig = await rigWith('bob')
    const [here, there] = [await rig.signIn('bob'), await rig.signIn('bob')]
    const bob = rig.access.identify(here, undefined)!
    const wrong = rig.call('session.password', { current: 'not the password', password: OTHER }, bob)
    await expect(wrong).rejects.toMatchObject({ code: 'credentials.invalid' })
    expect(rig.access.identify(there, undefined)).toBeDefined()
    await rig.call('session.password', { current: PASSWORD, password: OTHER }, bob)
    expect(rig.access.identify(here, undefined)).toBeDefined()
    expect(rig.access.identify(there, undefined)).toBeUndefined()
  })

  it.each([
    ['too short', 'eleven char'],
    ['too long', 'x'.repeat(201)],
    ['the name inside', 'my-name-is-Bob'],
  ])('is refused: %s', async (_, password) => {
    await using rig = await rigWith('bob')
    const refused = { code: 'input.invalid' }
    await expect(rig.access.users.setPassword('bob', password)).rejects.toMatchObject(refused)
    await expect(rig.access.users.add('bobby', 'viewer', `${password}bobby`)).rejects.toThrow()
    await expect(rig.signIn('bob')).resolves.toBeTypeOf('string')
  })
})

it.each(['', 'Ada', 'a b', '-ada', 'a'.repeat(33), 'ädä', 'a\nb'])('takes no user named %j', async (name) => {
  await using rig = await rigWith()
  await expect(rig.call('user.add', { name, role: 'viewer', password: PASSWORD }, ROOT)).rejects.toThrow()
  expect(rig.access.users.list()).toHaveLength(1)
})

it('says that there is such a user already, or none', async () => {
  await using rig = await rigWith()
  const add = rig.call('user.add', { name: 'ada', role: 'viewer', password: OTHER }, ROOT)
  await expect(add).rejects.toMatchObject({ code: 'user.exists' })
  expect(rig.access.users.list()).toMatchObject([{ name: 'ada', role: 'administrator' }])
  const unknown = { code: 'user.unknown' }
  await expect(rig.call('user.remove', { name: 'eve' }, ROOT)).rejects.toMatchObject(unknown)
  await expect(rig.call('user.role', { name: 'eve', role: 'viewer' }, ROOT)).rejects.toMatchObject(unknown)
  const password = rig.call('user.password', { name: 'eve', password: OTHER }, ROOT)
  await expect(password).rejects.toMatchObject(unknown)
})
