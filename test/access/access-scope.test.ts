import { expect, it } from 'vitest'
import { AccessRig, PASSWORD, ROOT } from './access-rig.ts'

async function rigWithBob(devices?: string[]): Promise<AccessRig> {
  const rig = await AccessRig.open()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  const scope = devices ? { scope: { devices } } : {}
  await rig.call('user.add', { name: 'bob', role: 'operator', password: PASSWORD, ...scope }, ROOT)
  return rig
}

it('binds whoever is added so to devices, in each session and after a restart', async () => {
  await using rig = await rigWithBob(['slide'])
  const cookie = await rig.signIn('bob')
  const bound = { name: 'bob', role: 'operator', scope: { devices: ['slide'] } }
  expect(rig.access.identify(cookie, undefined)).toMatchObject(bound)
  await rig.restart()
  expect(rig.access.identify(cookie, undefined)).toMatchObject(bound)
  expect(await rig.call('user.list', {}, ROOT)).toMatchObject([{ name: 'ada', scope: {} }, bound])
  expect(rig.access.identify(await rig.signIn('ada'), undefined)).not.toHaveProperty('scope')
})

it('ends what reaches further when somebody is bound', async () => {
  await using rig = await rigWithBob()
  const cookie = await rig.signIn('bob')
  const made = (devices?: string[]) =>
    rig.access.tokens.add({ name: 'a', role: 'viewer', scope: devices ? { devices } : {} }, 'bob')
  await made()
  await made(['slide', 'other'])
  const within = await made(['slide'])
  await rig.call('user.scope', { name: 'bob', scope: { devices: ['slide'] } }, ROOT)
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
  expect(rig.access.tokens.list().map(({ id }) => id)).toEqual([within.id])
  await rig.restart()
  expect(rig.access.tokens.list().map(({ id }) => id)).toEqual([within.id])
})

it('leaves sessions alone when somebody may reach more', async () => {
  await using rig = await rigWithBob(['slide'])
  const cookie = await rig.signIn('bob')
  await rig.call('user.scope', { name: 'bob', scope: { devices: ['slide', 'other'] } }, ROOT)
  expect(rig.access.identify(cookie, undefined)).toMatchObject({ scope: { devices: ['slide', 'other'] } })
  await rig.call('user.scope', { name: 'bob', scope: {} }, ROOT)
  expect(rig.access.identify(cookie, undefined)).not.toHaveProperty('scope')
})

it('takes what somebody loses at once while the disk is full, and gives nothing', async () => {
  await using rig = await rigWithBob(['slide', 'other'])
  rig.disk.fill()
  const change = rig.call('user.scope', { name: 'bob', scope: { devices: ['other', 'third'] } }, ROOT)
  await expect(change).rejects.toMatchObject({ code: 'storage.full' })
  expect(rig.access.users.list()[1]).toMatchObject({ scope: { devices: ['other'] } })
  rig.disk.free()
  await rig.restart()
  expect(rig.access.users.list()[1]).toMatchObject({ scope: { devices: ['other'] } })
})

it('leaves the bench an administrator who is bound to nothing', async () => {
  await using rig = await rigWithBob()
  const bind = (name: string) => rig.call('user.scope', { name, scope: { devices: ['slide'] } }, ROOT)
  await expect(bind('ada')).rejects.toMatchObject({
    code: 'input.invalid',
    message: expect.stringContaining('last administrator') as string,
  })
  await rig.call('user.role', { name: 'bob', role: 'administrator' }, ROOT)
  await bind('bob')
  await expect(bind('ada')).rejects.toThrow('last administrator')
  await expect(rig.call('user.remove', { name: 'ada' }, ROOT)).rejects.toThrow('last administrator')
  await expect(bind('eve')).rejects.toMatchObject({ code: 'user.unknown' })
})
