import { expect, it } from 'vitest'
import type { Known } from '../../bridge/access/access.ts'
import { AccessRig, DAY, PASSWORD, ROOT } from './access-rig.ts'

const bearer = (rig: AccessRig, secret: string): Known | undefined =>
  rig.access.identify(undefined, `Bearer ${secret}`)

it('lets a token in with its role and scope, and shows its secret once', async () => {
  await using rig = await AccessRig.open()
  const scope = { devices: ['microscope'] }
  const { secret, id } = await rig.call('token.add', { name: 'kiosk', role: 'viewer', scope }, ROOT)
  expect(secret).toMatch(/^lb_[A-Za-z0-9_-]{43}$/)
  expect(bearer(rig, secret)).toEqual({ name: 'kiosk', role: 'viewer', via: 'token', key: id, scope })
  const listed = await rig.call('token.list', {}, ROOT)
  expect(listed).toMatchObject([{ id, name: 'kiosk', role: 'viewer', scope, createdBy: 'root' }])
  expect(JSON.stringify(listed)).not.toContain(secret.slice(3))
})

it('refuses a token that is revoked', async () => {
  await using rig = await AccessRig.open()
  const [gone, left] = await Promise.all(
    ['a', 'b'].map((name) => rig.access.tokens.add({ name, role: 'viewer', scope: {} }, 'root')),
  )
  await rig.call('token.revoke', { id: gone!.id }, ROOT)
  expect(bearer(rig, gone!.secret)).toBeUndefined()
  expect(bearer(rig, left!.secret)).toBeDefined()
  const again = rig.call('token.revoke', { id: gone!.id }, ROOT)
  await expect(again).rejects.toMatchObject({ code: 'token.unknown' })
})

it('refuses a token from the moment it expires', async () => {
  await using rig = await AccessRig.open()
  const expiresAt = rig.now + DAY
  const { secret } = await rig.call('token.add', { name: 'a', role: 'viewer', expiresAt }, ROOT)
  rig.now = expiresAt - 1
  expect(bearer(rig, secret)).toBeDefined()
  rig.now = expiresAt
  expect(bearer(rig, secret)).toBeUndefined()
  const late = rig.call('token.add', { name: 'b', role: 'viewer', expiresAt }, ROOT)
  await expect(late).rejects.toMatchObject({ code: 'input.invalid' })
})

it.each(['', 'lb_', `lb_${'A'.repeat(43)}`, 'nonsense', "' OR 1=1 --"])(
  'knows no token %j',
  async (secret) => {
    await using rig = await AccessRig.open()
    await rig.access.tokens.add({ name: 'a', role: 'viewer', scope: {} }, 'root')
    expect(bearer(rig, secret)).toBeUndefined()
  },
)

it('does not let a good cookie make up for a bad token, nor a scheme of a proxy hide the cookie', async () => {
  await using rig = await AccessRig.open()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  const cookie = await rig.signIn('ada')
  expect(rig.access.identify(cookie, 'Bearer lb_revoked')).toBeUndefined()
  expect(rig.access.identify(cookie, 'Bearer')).toBeUndefined()
  expect(rig.access.identify(cookie, 'Basic cHJveHk6cHJveHk=')).toMatchObject({ name: 'ada' })
})

it('ends the tokens of a removed user, and of a demoted one those that can do more than they', async () => {
  await using rig = await AccessRig.open()
  for (const name of ['ada', 'bob']) await rig.access.users.add(name, 'administrator', PASSWORD)
  const made = async (by: string, role: 'viewer' | 'administrator'): Promise<string> =>
    (await rig.access.tokens.add({ name: role, role, scope: {} }, by)).secret
  const bobs = { weak: await made('bob', 'viewer'), strong: await made('bob', 'administrator') }
  const adas = await made('ada', 'administrator')
  await rig.access.users.setRole('bob', 'operator')
  expect(bearer(rig, bobs.weak)).toBeDefined()
  expect(bearer(rig, bobs.strong)).toBeUndefined()
  await rig.access.users.remove('bob')
  expect(bearer(rig, bobs.weak)).toBeUndefined()
  expect(bearer(rig, adas)).toBeDefined()
})

it('lets no token make another, which would outlive it', async () => {
  await using rig = await AccessRig.open()
  const { secret } = await rig.access.tokens.add({ name: 'a', role: 'administrator', scope: {} }, 'root')
  const attempt = rig.call('token.add', { name: 'b', role: 'administrator' }, bearer(rig, secret)!)
  await expect(attempt).rejects.toMatchObject({ code: 'credentials.invalid' })
  expect(rig.access.tokens.list()).toHaveLength(1)
})
